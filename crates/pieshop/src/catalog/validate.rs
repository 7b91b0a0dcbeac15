//! What makes a recipe valid. `recipe.schema.json` tells the database the same.

use order_core::recipe::Recipe;

use super::CatalogError;

/// One field of a recipe that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidField {
    /// Its path in the JSON form: `ingredients[2].quantity`.
    pub field: String,
    /// `REQUIRED`, `INVALID_FORMAT` or `OUT_OF_RANGE`.
    pub code: &'static str,
    /// What it takes.
    pub message: String,
}

/// Refuses a recipe with every reason there is.
pub fn validate(recipe: &Recipe) -> Result<(), CatalogError> {
    let mut check = Check(Vec::new());
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    check.that(
        (1..=50).contains(&recipe.pie_type.len()) && recipe.pie_type.chars().all(slug),
        "type",
        "INVALID_FORMAT",
        "takes 1 to 50 lower-case letters, digits and dashes",
    );
    check.text("name", &recipe.name, 100);
    check.text("description", &recipe.description, 500);
    check.range("bakingTime", recipe.baking_time, 1, 240, "minutes");
    check.range("bakingTemp", recipe.baking_temp, 200, 550, "°F");
    check.some("ingredients", recipe.ingredients.len());
    for (i, ingredient) in recipe.ingredients.iter().enumerate() {
        check.text(&format!("ingredients[{i}].item"), &ingredient.item, 100);
        check.that(
            ingredient.quantity.is_finite() && ingredient.quantity > 0.0,
            &format!("ingredients[{i}].quantity"),
            "OUT_OF_RANGE",
            "takes a number above 0",
        );
        check.text(&format!("ingredients[{i}].unit"), &ingredient.unit, 20);
    }
    check.some("prepSteps", recipe.prep_steps.len());
    for (i, step) in recipe.prep_steps.iter().enumerate() {
        check.text(&format!("prepSteps[{i}]"), step, 50);
    }
    check.one_of("difficulty", &recipe.difficulty, &["easy", "medium", "hard"]);
    check.text("pick.fruitType", &recipe.pick.fruit_type, 50);
    check.range("pick.quantity", recipe.pick.quantity, 1, 1000, "pieces");
    check.one_of("pick.quality", &recipe.pick.quality, &["premium", "standard"]);
    if check.0.is_empty() { Ok(()) } else { Err(CatalogError::Invalid(check.0)) }
}

/// The reasons in one line.
pub(super) fn list(fields: &[InvalidField]) -> String {
    let lines: Vec<_> = fields.iter().map(|f| format!("{} {}", f.field, f.message)).collect();
    lines.join("; ")
}

/// What was found wrong so far.
struct Check(Vec<InvalidField>);

impl Check {
    fn that(&mut self, holds: bool, field: &str, code: &'static str, message: &str) {
        if !holds {
            self.0.push(InvalidField { field: field.into(), code, message: message.into() });
        }
    }

    fn some(&mut self, field: &str, length: usize) {
        self.that(length > 0, field, "REQUIRED", "takes at least one entry");
    }

    fn text(&mut self, field: &str, value: &str, longest: usize) {
        let fits = value.chars().count() <= longest && !value.contains(char::is_control);
        let message = format!("takes 1 to {longest} characters, not only blanks");
        let code = if value.trim().is_empty() { "REQUIRED" } else { "INVALID_FORMAT" };
        self.that(fits && code != "REQUIRED", field, code, &message);
    }

    fn range(&mut self, field: &str, value: u32, least: u32, most: u32, unit: &str) {
        let message = format!("takes {least} to {most} {unit}");
        self.that((least..=most).contains(&value), field, "OUT_OF_RANGE", &message);
    }

    fn one_of(&mut self, field: &str, value: &str, choice: &[&str]) {
        let message = format!("takes one of {}", choice.join(", "));
        self.that(choice.contains(&value), field, "INVALID_FORMAT", &message);
    }
}

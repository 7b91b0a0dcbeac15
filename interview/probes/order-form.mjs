// The form that orders a pie, whatever its fields are made of.
export const FORM = 'form:has([name=pieType])';
/** The fields that are typed into, each with what it takes. */
export const TYPED = {
  name: 'Jane Doe', email: 'jane@example.com', phone: '+1-555-0123',
  street: '123 Main St', city: 'Springfield', state: 'IL', zip: '62701',
};

/** A field of the form. */
export const field = (page, name) => page.locator(`${FORM} [name="${name}"]`).first();

/** The pie that the form would order now. */
export const pieOf = (page) => page.locator(FORM).evaluate((form) => new FormData(form).get('pieType') ?? '');

/** Fills in the form; the pie is set without anybody's hands, for how it is chosen is a question of its own. */
export async function fillIn(page, { pieType = 'apple', ...typed } = {}) {
  await page.locator(FORM).evaluate((form, pie) => {
    for (const choice of form.querySelectorAll('[name=pieType]')) {
      if (choice.type === 'radio') choice.checked = choice.value === pie;
      else choice.value = pie;
      choice.dispatchEvent(new Event('change', { bubbles: true }));
    }
  }, pieType);
  for (const [name, value] of Object.entries({ ...TYPED, ...typed })) await field(page, name).fill(value);
}

/** The button that sends the form. */
export const sender = (page) => page.locator(FORM).locator('button:not([type]), [type=submit], [type=image]').first();

/** Whether the form as it stands orders a pie. */
export async function orders(page) {
  await sender(page).click();
  return page.waitForURL('**/orders/*').then(() => true, () => false);
}

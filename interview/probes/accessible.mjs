// What assistive technology is told of an element.

/** A line to the browser that can be asked for the accessibility tree of a page. */
export const tree = (page) => page.context().newCDPSession(page);

/** Role, name, description and message of the element that a script's expression stands for; `by` says what the name is made of. */
export async function accessible(tree, expression) {
  const { result } = await tree.send('Runtime.evaluate', { expression });
  const { nodes } = await tree.send('Accessibility.getPartialAXTree', { objectId: result.objectId, fetchRelatives: false });
  const error = await tree.send('Runtime.callFunctionOn', { objectId: result.objectId, functionDeclaration: String(message), returnByValue: true });
  return { ...told(nodes[0]), error: error.result.value };
}

/** The message that a wrong field refers to; the browser's own tree leaves it out. */
function message() {
  const ids = this.getAttribute('aria-invalid') === 'true' && this.getAttribute('aria-errormessage');
  return (ids || '').split(/\s+/).map((id) => document.getElementById(id)?.innerText ?? '').join(' ');
}

/** The same of everything inside it that assistive technology is told of. */
export async function inside(tree, expression) {
  const { result } = await tree.send('Runtime.evaluate', { expression });
  const { nodes } = await tree.send('Accessibility.queryAXTree', { objectId: result.objectId });
  return nodes.filter((node) => !node.ignored).map(told);
}

function told({ role, name, description, value, properties = [] }) {
  const source = name?.sources?.find((it) => it.value && !it.superseded && !it.invalid);
  const is = (key) => properties.find((it) => it.name === key)?.value?.value;
  return {
    role: role?.value ?? '',
    name: String(name?.value ?? ''),
    by: source?.attribute ?? source?.nativeSource ?? source?.type ?? 'nothing',
    description: String(description?.value ?? ''),
    value: String(value?.value ?? ''),
    chosen: [is('checked'), is('selected')].some((it) => it === true || it === 'true'),
  };
}

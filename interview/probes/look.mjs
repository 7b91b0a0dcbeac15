// What a page tells whoever listens, and what it shows whoever looks.

/** The accessibility tree of a page, as the browser hands it to a screen reader: nodes with `role`, `name`, `level` and `children`. */
export async function tree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  // What is left out for whoever listens may still hold what is not.
  const below = ({ childIds = [] }) => childIds.map((id) => byId.get(id)).filter(Boolean)
    .flatMap((child) => child.ignored ? below(child) : [told(child)]);
  const told = (node) => ({
    role: node.role?.value ?? '', name: node.name?.value?.trim() ?? '',
    level: node.properties?.find(({ name }) => name === 'level')?.value.value, children: below(node),
  });
  return told(nodes[0]);
}

/** Every node of these roles at or below a node, in the order of the page. */
export function all(node, ...roles) {
  return [...(roles.includes(node.role) ? [node] : []), ...node.children.flatMap((child) => all(child, ...roles))];
}

/** The text of a node, with what its pictures stand for. */
export function text(node) {
  return all(node, 'StaticText', 'image', 'img').map(({ name }) => name).join(' ').replace(/\s+/g, ' ').trim();
}

/** The cells of a row. */
export function cells(row) {
  return all(row, 'cell', 'gridcell', 'columnheader', 'rowheader', 'LayoutTableCell');
}

/** A picture's width, height and pixels, four bytes each; `page` is one that nothing else is done with. */
export async function pixels(page, png) {
  const { width, height, data } = await page.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const piece = 8192;
    const pieces = Array.from({ length: Math.ceil(data.length / piece) }, (_, at) => String.fromCharCode(...data.subarray(at * piece, (at + 1) * piece)));
    return { width: image.width, height: image.height, data: btoa(pieces.join('')) };
  }, png.toString('base64'));
  return { width, height, data: Uint8Array.from(Buffer.from(data, 'base64')) };
}

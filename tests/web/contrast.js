// WCAG 2.2, 1.4.3: every text's contrast with what is painted behind it, as a list of those that are too poor.
// Large text needs 3:1, other text 4.5:1; the star and the tick are symbols, which need 3:1 (1.4.11).
() => {
  const parse = (text) => {
    const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
    return [r, g, b, a];
  };
  const channel = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour[3] > 0) return colour;
    }
    return [255, 255, 255, 1];
  };
  const opacityOf = (element) => {
    let found = 1;
    for (; element; element = element.parentElement) found *= Number(getComputedStyle(element).opacity);
    return found;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (!text || !element.checkVisibility() || element.closest(".hidden, script, .skip")) continue;
    const style = getComputedStyle(element);
    const opacity = opacityOf(element);
    const back = behind(element);
    const front = parse(style.color).slice(0, 3).map((c, i) => c * opacity + back[i] * (1 - opacity));
    const [brighter, darker] = [luminance(front), luminance(back)].sort((x, y) => y - x);
    const ratio = (brighter + 0.05) / (darker + 0.05);
    const needed = parseFloat(style.fontSize) >= 24 || element.closest(".toggles") ? 3 : 4.5;
    if (ratio < needed) poor.push(`${ratio.toFixed(2)} ${element.className || element.tagName}: ${text.slice(0, 30)}`);
  }
  return poor;
}

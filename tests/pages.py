"""What is asked of a page that shows our outputs: media that play, words that can be read, text that stays text."""

import re
from collections import Counter

from axe_playwright_python.base import AXE_SCRIPT
from tabs import OUTPUTS

PICTURES = "[...document.querySelectorAll('img')].filter(picture => picture.src.startsWith('data:'))"
PLAYERS = "[...document.querySelectorAll('video, audio')]"
STATES = ("draft", "queued", "rendering", "downloading", "complete", "error", "canceled", "failed", "stopped")


def states(text):
    """How many rows of a text show each state: the word at the start of a line, after the glyph."""
    return Counter(re.findall(rf"^\W*({'|'.join(STATES)})\b", text, re.MULTILINE))


def wait_for_pictures(page, count):
    """Wait until so many embedded pictures are there, each of them decoded."""
    page.wait_for_function(f"{PICTURES}.length === {count} && {PICTURES}.every(one => one.naturalWidth > 0)")


def wait_for_players(page, count):
    """Wait until so many players are there, each of them knowing how long it plays."""
    page.wait_for_function(f"{PLAYERS}.length === {count} && {PLAYERS}.every(one => one.duration > 0.5)")


def axe_violations(page, selector=OUTPUTS):
    """What axe-core finds serious or critical within a selector: "rule: element", each once."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(
        "selector => axe.run({include: [[selector]]}, {resultTypes: ['violations']}).then(found => found.violations)",
        selector,
    )
    grave = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return sorted({f"{rule['id']}: {node['html'][:120]}" for rule in grave for node in rule["nodes"]})


def pale_texts(page, selector=OUTPUTS):
    """The visible texts within a selector whose contrast is below 4.5:1, or 3:1 for a glyph: [text, contrast]."""
    return page.evaluate(_CONTRAST, selector)


# axe says "incomplete" where opacity is involved, so this composites each text through all of its ancestors.
_CONTRAST = r"""selector => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const parsed = colour => {
    const numbers = colour.match(/^rgba?\(([^)]*)\)$/)?.[1].split(/[\s,/]+/).map(Number);
    if (numbers) return [...numbers.slice(0, 3), numbers[3] ?? 1];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const pixel = canvas.getImageData(0, 0, 1, 1).data;
    return [pixel[0], pixel[1], pixel[2], pixel[3] / 255];
  };
  const mixed = (under, over, share) => under.map((part, at) => part * (1 - share) + over[at] * share);
  const drawn = (elements, text, under) => {  // [what is behind the text, the text], over what is under it all
    const [element, ...inner] = elements;
    const style = getComputedStyle(element);
    const [red, green, blue, alpha] = parsed(style.backgroundColor);
    const behind = mixed(under, [red, green, blue], alpha);
    const own = inner.length ? drawn(inner, text, behind) : [behind, mixed(behind, text, text[3])];
    return own.map(colour => mixed(under, colour, Number(style.opacity)));
  };
  const luminance = colour => {
    const linear = colour.map(part => part / 255).map(s => s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const pale = [];
  for (const root of document.querySelectorAll(selector)) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.textContent.trim(), holder = walker.currentNode.parentElement;
      if (!text || !holder.checkVisibility()) continue;
      const chain = [];
      for (let element = holder; element; element = element.parentElement) chain.unshift(element);
      const [behind, ink] = drawn(chain, parsed(getComputedStyle(holder).color), [255, 255, 255]);
      const [dark, light] = [luminance(behind), luminance(ink)].sort((a, b) => a - b);
      const contrast = (light + 0.05) / (dark + 0.05);
      if (contrast < (/[\p{L}\p{N}]/u.test(text) ? 4.5 : 3)) pale.push([text.slice(0, 40), contrast.toFixed(2)]);
    }
  }
  return pale;
}"""


class Canary:
    """Watches a page for anything that a text of ours may have set off. Made before the page goes anywhere."""

    def __init__(self, page):
        self.page, self.seen = page, []
        page.add_init_script("window.canaries = 0; window.canary = () => { window.canaries += 1; };")
        page.on("dialog", self._dialog)
        page.on("console", lambda message: self._note("canary" in message.text, f"console: {message.text[:200]}"))
        page.on("request", lambda request: self._note(request.url.endswith("/x"), f"request: {request.url[:200]}"))

    def sings(self):
        """What was set off; nothing, it is to be hoped."""
        return self.seen + ["canary()"] * self.page.evaluate("window.canaries ?? 0")

    def _dialog(self, dialog):
        self.seen.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note(self, bad, what):
        if bad:
            self.seen.append(what)


def widths(page, selector=OUTPUTS):
    """By how many pixels the outputs and the page itself are wider than their places: [the worst output, the page]."""
    return page.evaluate(
        """selector => [
            Math.max(...[...document.querySelectorAll(selector)].map(one => one.scrollWidth - one.clientWidth)),
            document.documentElement.scrollWidth - window.innerWidth]""",
        selector,
    )


def cut_texts(page, selector=OUTPUTS):
    """The texts within a selector that end in an ellipsis."""
    return page.evaluate(
        """selector => [...document.querySelectorAll(selector)].flatMap(output => [...output.querySelectorAll('*')])
            .filter(one => one.children.length === 0 && one.checkVisibility() && one.scrollWidth > one.clientWidth + 1
                && getComputedStyle(one).textOverflow === 'ellipsis').map(one => one.innerText)""",
        selector,
    )


# Each visible text as lines: [left, top, right, bottom, text, number], as far as it is not clipped away.
_LINES = """const lines = [];
    for (const [number, output] of [...document.querySelectorAll(selector)].entries()) {
        const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
        for (let at = 0; walker.nextNode(); at++) {
            const holder = walker.currentNode.parentElement, text = walker.currentNode.textContent.trim();
            if (!text || !holder.checkVisibility()) continue;
            const range = document.createRange(), place = holder.getBoundingClientRect();
            range.selectNodeContents(walker.currentNode);
            const open = getComputedStyle(holder).overflowX === 'visible';
            for (const box of range.getClientRects()) {
                const right = open ? box.right : Math.min(box.right, place.right);
                const node = `${number}/${at}`;
                lines.push({left: box.left, top: box.top, right, bottom: box.bottom, text, holder, node});
            }
        }
    }"""


def overlapping_texts(page, selector=OUTPUTS):
    """Pairs of texts within a selector that lie upon one another."""
    return page.evaluate(
        f"""selector => {{ {_LINES}
            return lines.flatMap((a, at) => lines.slice(at + 1, at + 12).filter(b => a.node !== b.node
                && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2
                && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(b => [a.text, b.text]));
        }}""",
        selector,
    )


def protruding_texts(page, selector=OUTPUTS):
    """The texts within a selector that stick out of the frame that is drawn around them."""
    return page.evaluate(
        f"""selector => {{ {_LINES}
            const framed = one => parseFloat(getComputedStyle(one).borderRightWidth) > 0;
            const frame = one => !one || one.matches(selector) ? null : framed(one) ? one : frame(one.parentElement);
            const end = one => frame(one)?.getBoundingClientRect().right ?? Infinity;
            return lines.filter(line => line.right > end(line.holder) + 1).map(line => line.text);
        }}""",
        selector,
    )

"""A notebook that is open in JupyterLab or Notebook 7, driven through the application that both are made of."""

import nbformat
from labs import PATIENCE

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
# In the page: the application, and the notebook of that name.
_HERE = """const app = window.jupyterapp;
    const panel = app && [...app.shell.widgets('main')].find(widget => widget.context?.path === 'NAME');
    const kernel = panel?.sessionContext?.session?.kernel;"""
OUTPUTS = ".jp-OutputArea-output"
ERRORS = "[data-mime-type='application/vnd.jupyter.error']"


def write_notebook(folder, name, *cells):
    """Write a notebook of code cells, not run yet."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / name)
    return name


class Tab:
    """One page with one open notebook."""

    def __init__(self, page, server, front_end):
        self.page, self.server, self.front_end = page, server, front_end
        self._here = _HERE

    def open(self, name, theme="light"):
        """Open a notebook, in a theme, and wait for its kernel."""
        self._here = _HERE.replace("NAME", name)
        self.page.goto(self.server.address(self.front_end, name))
        self.wait_for_kernel()
        self.theme(theme)
        return self

    def reload(self):
        """Load the page anew, as F5 does; the kernel lives on."""
        self.page.reload()
        self.wait_for_kernel()

    def theme(self, name):
        """Change the theme."""
        self.evaluate(f"await app.commands.execute('apputils:change-theme', {{theme: {THEMES[name]!r}}})")
        self.page.wait_for_function(f"document.body.dataset.jpThemeName === {THEMES[name]!r}")

    def evaluate(self, code, argument=None):
        """Run JavaScript that knows `app`, `panel` (the notebook), `kernel` and `argument`."""
        return self.page.evaluate(f"async argument => {{ {self._here} {code} }}", argument)

    def wait_until(self, condition, argument=None):
        """Wait for a JavaScript condition that may ask the same names."""
        self.page.wait_for_function(f"argument => {{ {self._here} return {condition} }}", arg=argument)

    def wait_for_kernel(self):
        """Wait until the kernel has nothing to do."""
        self.wait_until("kernel?.connectionStatus === 'connected' && kernel.status === 'idle'")

    def run(self, index, *, wait=True):
        """Run one cell; with `wait`, to its end."""
        self.evaluate(
            """panel.content.activeCellIndex = argument.index;
               const run = app.commands.execute('notebook:run-cell');
               const late = (_, fail) => setTimeout(() => fail(new Error('the cell still runs')), argument.patience);
               if (argument.wait) await Promise.race([run, new Promise(late)]);""",
            {"index": index, "wait": wait, "patience": PATIENCE},
        )
        error = self.page.locator(".jp-Cell").nth(index).locator(ERRORS)
        assert error.count() == 0, error.first.inner_text()

    def run_all(self):
        """Clear the outputs and run every cell anew; it runs on."""
        self.evaluate("await app.commands.execute('notebook:clear-all-cell-outputs')")
        self.page.wait_for_function(f"document.querySelectorAll('{OUTPUTS}').length === 0")
        self.evaluate("void app.commands.execute('notebook:run-all-cells')")  # not its promise: go on now

    def wait_until_all_run(self):
        """Wait until every code cell has a number."""
        self.wait_until(
            "panel.content.widgets.every(cell => cell.model.type !== 'code' || cell.model.executionCount !== null)"
        )

    def save(self):
        """Save the notebook, outputs and all."""
        self.evaluate("await panel.context.save()")

    def restart(self):
        """Restart the kernel."""
        self.evaluate("await panel.sessionContext.restartKernel()")
        self.wait_for_kernel()

    def comms(self):
        """How many widget comms the kernel says are open."""
        return self.evaluate(
            """const reply = await kernel.requestCommInfo({target_name: 'jupyter.widget'});
               return Object.keys(reply.content.comms).length"""
        )

    def outputs(self, index):
        """The outputs of a cell, as a locator."""
        return self.page.locator(".jp-Cell").nth(index).locator(OUTPUTS)

    def text(self, index):
        """What a cell shows, as text."""
        return "\n".join(self.outputs(index).all_inner_texts())

    def wait_for_text(self, index, text):
        """Wait until a cell shows a text."""
        self.page.locator(".jp-Cell").nth(index).locator(OUTPUTS).filter(has_text=text).first.wait_for()

    def close(self):
        """Close the notebook and end its kernel."""
        self.evaluate("await panel.sessionContext.shutdown()")

"""What authors of plugins and tests build on; nothing is imported until it is asked for.

- `pixcrawler_core.testing.web.SimulatedWeb`: a local web of image sources, with every fault of the real one
- `pixcrawler_core.testing.crops`: any number of distinct photographs made from a few
- `pixcrawler_core.testing.drawings`: a folder of drawn pictures with credits, where photographs are lacking
- `pixcrawler_core.testing.contracts`: contract tests for each kind of component
- `pixcrawler_core.testing.stores`: a store in memory
- `pixcrawler_core.testing.pytest_plugin`: the fixtures, with `pytest_plugins = [...]` in a conftest
"""

"""How Sphinx makes the site: Markdown as repositories show it, a theme that fetches nothing."""

project = "Does the published result hold?"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = project
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
# Anchors of headings are those that repositories give them.
myst_heading_anchors = 4
myst_enable_extensions = ["html_image"]
# Kept in tables and in words: "…" and quotes as they are written.
smartquotes = False
highlight_language = "none"
# A block of YAML or a shell may hold an ellipsis or a placeholder: it is shown as it is.
suppress_warnings = ["misc.highlighting_failure"]

# SPDX-License-Identifier: GPL-3.0-or-later
"""What Sphinx asks of the manual; dbus/manual.py runs it."""
project = 'flooim-daemon'
author = 'the flooim-daemon authors'
copyright = author
extensions = ['myst_parser']
myst_heading_anchors = 3
smartquotes = False
html_theme = 'furo'
html_title = 'flooim-daemon'
html_copy_source = False
html_show_sourcelink = False
html_static_path = ['static']
html_css_files = ['manual.css']
highlight_language = 'none'

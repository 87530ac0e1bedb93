"""Drawing: outlines of letters, seal pictures in vectors at true size, text set on the pages that we make."""

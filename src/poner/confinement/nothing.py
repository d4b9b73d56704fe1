"""An empty program; running it confined shows which steps of confinement this machine permits."""

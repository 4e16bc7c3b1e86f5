"""The acts of the story, one module each side of a sync; :data:`connector.demo.story.ACTS` puts them in order."""

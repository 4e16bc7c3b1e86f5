"""What the admin declares about fields, and the conversions that follow from it: the only place that knows both
canonical values and native ones. Pure but for reading the files.
"""

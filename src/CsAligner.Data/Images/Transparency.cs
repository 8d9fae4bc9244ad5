namespace CsAligner.Data.Images;

/// <summary>How a picture's transparency is handled when it is decoded to RGB.</summary>
public enum Transparency
{
    /// <summary>Transparent pixels show white, which suits icons and cut-out pictures.</summary>
    White,

    /// <summary>
    /// The colours under it show, often black, as with Pillow's convert("RGB") and so in Hugging Face's preprocessing.
    /// Gives the features of a Python pipeline, on pictures that have transparency.
    /// </summary>
    Dropped,
}

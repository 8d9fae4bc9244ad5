namespace CsAligner.Data.Images;

/// <summary>What becomes of a picture's transparency when it is decoded to RGB.</summary>
public enum Transparency
{
    /// <summary>What is transparent shows white: how icons and cut-out pictures are meant to be seen.</summary>
    White,

    /// <summary>
    /// The colours that lie under it show, often black: what Pillow's convert("RGB") does, and with it Hugging Face's preprocessing.
    /// Gives the features of a Python pipeline, on pictures that have transparency.
    /// </summary>
    Dropped,
}

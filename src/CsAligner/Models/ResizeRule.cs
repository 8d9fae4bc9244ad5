namespace CsAligner.Models;

/// <summary>How a picture's shape changes when it is resized for a model.</summary>
public enum ResizeRule
{
    /// <summary>The short side gets the size, the long side keeps the proportion, and the rest is cropped later, as in CLIP and
    /// DINOv2.</summary>
    ShortSide,

    /// <summary>Both sides get the size: a picture that is no square is squeezed. The way of SigLIP and ViT.</summary>
    Square,
}

namespace CsAligner.Models;

/// <summary>What becomes of a picture's shape when it is made the size of a model.</summary>
public enum ResizeRule
{
    /// <summary>The short side gets the size, the long one follows; what is over is cut off later. The way of CLIP and DINOv2.</summary>
    ShortSide,

    /// <summary>Both sides get the size: a picture that is no square is squeezed. The way of SigLIP and ViT.</summary>
    Square,
}

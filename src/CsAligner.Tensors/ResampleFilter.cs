namespace CsAligner.Tensors;

/// <summary>How pixels are weighed when a picture is resized. The numbers are Pillow's, which model folders use ("resample").</summary>
public enum ResampleFilter
{
    /// <summary>A windowed sinc over three pixels to each side.</summary>
    Lanczos = 1,

    /// <summary>A triangle over one pixel to each side; no overshoot.</summary>
    Bilinear = 2,

    /// <summary>A cubic of a = -1/2 over two pixels to each side; what most image encoders were trained with.</summary>
    Bicubic = 3,
}

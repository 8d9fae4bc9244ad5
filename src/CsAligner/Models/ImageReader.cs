namespace CsAligner.Models;

/// <summary>Writes one image as 8-bit interleaved RGB.</summary>
/// <param name="index">Which image, from 0.</param>
/// <param name="rgb">Filled with side x side x 3 bytes.</param>
public delegate void ImageReader(int index, Span<byte> rgb);

namespace CsAligner.Data.Images;

/// <summary>A decoded picture: 8-bit red, green, blue, row by row.</summary>
/// <param name="Width">Pixels across.</param>
/// <param name="Height">Pixels down.</param>
/// <param name="Pixels">Width x Height x 3 bytes.</param>
public sealed record RgbImage(int Width, int Height, byte[] Pixels);

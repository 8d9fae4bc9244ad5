using CsAligner.Data.Images;

namespace CsAligner.Generation;

/// <summary>Many small pictures in one, side by side on a light ground.</summary>
public sealed class PictureSheet
{
    private const int Gap = 4;
    private const byte Ground = 0xE8;

    private readonly int _columns, _size;
    private readonly List<byte[]> _pictures = [];

    /// <summary>An empty sheet.</summary>
    /// <param name="columns">Pictures in a row, at least 1.</param>
    /// <param name="size">The side of each picture in pixels.</param>
    public PictureSheet(int columns, int size)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        (_columns, _size) = (columns, size);
    }

    /// <summary>Adds the next picture, row by row.</summary>
    /// <param name="rgb">size x size x 3 bytes.</param>
    public void Add(byte[] rgb)
    {
        ArgumentNullException.ThrowIfNull(rgb);
        if (rgb.Length != 3 * _size * _size)
            throw new ArgumentException($"A picture takes {3 * _size * _size} bytes, got {rgb.Length}.", nameof(rgb));
        _pictures.Add(rgb);
    }

    /// <summary>The sheet as a PNG file.</summary>
    public byte[] ToPng()
    {
        int columns = Math.Max(1, Math.Min(_columns, _pictures.Count)), rows = Math.Max(1, (_pictures.Count + columns - 1) / columns);
        int width = Gap + (columns * (_size + Gap)), height = Gap + (rows * (_size + Gap));
        var sheet = new byte[3 * width * height];
        Array.Fill(sheet, Ground);
        for (int i = 0; i < _pictures.Count; i++)
        {
            int left = Gap + (i % columns * (_size + Gap)), top = Gap + (i / columns * (_size + Gap));
            for (int y = 0; y < _size; y++)
                _pictures[i].AsSpan(3 * y * _size, 3 * _size).CopyTo(sheet.AsSpan(3 * (((top + y) * width) + left)));
        }

        return PngFile.Encode(sheet, width, height);
    }
}

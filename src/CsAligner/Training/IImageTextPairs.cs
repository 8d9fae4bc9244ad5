namespace CsAligner.Training;

/// <summary>Images with captions, by index: what pretraining reads. Reading is safe from several threads.</summary>
public interface IImageTextPairs
{
    /// <summary>The number of pairs.</summary>
    int Count { get; }

    /// <summary>The captions of one image: the main one first, alternatives after it. Never empty.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    IReadOnlyList<string> Captions(int index);

    /// <summary>Whether an image has colours, rather than shades of grey only.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    bool IsColoured(int index);

    /// <summary>Writes one image as 8-bit interleaved RGB.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="rgb">S S 3 bytes, S the side this source was opened with.</param>
    void ReadImage(int index, Span<byte> rgb);
}

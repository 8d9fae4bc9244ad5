using CsAligner.Tensors;

namespace CsAligner.Generation.Training;

/// <summary>Pictures and their embeddings, by index: what a decoder is trained on. Reading is safe from several threads.</summary>
public interface IConditionedPictures
{
    /// <summary>The number of pictures N.</summary>
    int Count { get; }

    /// <summary>The pictures' embeddings, [N, D], rows of unit length.</summary>
    Tensor Conditions { get; }

    /// <summary>Whether a picture has colours, rather than shades of grey only.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    bool IsColoured(int index);

    /// <summary>Writes one picture as 8-bit interleaved RGB.</summary>
    /// <param name="index">0 to <see cref="Count"/> - 1.</param>
    /// <param name="rgb">S S 3 bytes, S the side this source was opened with.</param>
    void ReadImage(int index, Span<byte> rgb);
}

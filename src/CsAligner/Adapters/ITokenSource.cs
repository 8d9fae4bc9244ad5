namespace CsAligner.Adapters;

/// <summary>
/// The tokens of each sample of one modality: patches of an image, words of a text. The number of tokens differs between samples, and is
/// at least one.
/// Reading is safe from several threads.
/// </summary>
public interface ITokenSource
{
    /// <summary>How many samples there are.</summary>
    int Count { get; }

    /// <summary>D, values in a token.</summary>
    int Width { get; }

    /// <summary>How many tokens a sample has, 1 or more.</summary>
    /// <param name="row">0 to <see cref="Count"/> - 1.</param>
    int Length(int row);

    /// <summary>Reads the tokens of a sample. The same tokens every time.</summary>
    /// <param name="row">0 to <see cref="Count"/> - 1.</param>
    /// <param name="tokens">Filled: Length(row) * <see cref="Width"/> values, row-major, rows of unit length.</param>
    void Read(int row, Span<float> tokens);
}

namespace CsAligner.Adapters;

/// <summary>Some of the samples of a token source.</summary>
/// <param name="source">All of them.</param>
/// <param name="rows">Which, in this order; not copied.</param>
public sealed class TokenRows(ITokenSource source, int[] rows) : ITokenSource
{
    /// <inheritdoc/>
    public int Count => rows.Length;

    /// <inheritdoc/>
    public int Width => source.Width;

    /// <inheritdoc/>
    public int Length(int row) => source.Length(rows[row]);

    /// <inheritdoc/>
    public void Read(int row, Span<float> tokens) => source.Read(rows[row], tokens);
}

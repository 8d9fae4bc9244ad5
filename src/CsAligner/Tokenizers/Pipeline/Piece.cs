namespace CsAligner.Tokenizers.Pipeline;

/// <summary>A part of a text on its way to the model. First: nothing of the text stood before it.</summary>
internal readonly record struct Piece(string Text, int Start, int Length, bool First)
{
    public Piece(string text, bool first)
        : this(text, 0, text.Length, first)
    {
    }

    public ReadOnlySpan<char> Span => Text.AsSpan(Start, Length);

    /// <summary>A part of this piece.</summary>
    public Piece Slice(int start, int length) => new(Text, Start + start, length, First && start == 0);
}

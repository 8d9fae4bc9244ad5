namespace CsAligner.Tokenizers.Pipeline;

/// <summary>"Split": cuts at what a pattern finds.</summary>
internal sealed class PatternPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> words)
    {
        var matches = new List<(int Start, int Length)>();
        pattern.Find(piece.Span, matches);
        PieceSplitter.Cut(piece, matches, behavior, invert, words);
    }
}

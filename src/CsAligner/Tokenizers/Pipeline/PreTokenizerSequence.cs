namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Each cuts the words of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public void Split(Piece piece, List<Piece> words)
    {
        List<Piece> parts = [piece];
        foreach (IPreTokenizer step in steps)
        {
            var next = new List<Piece>(2 * parts.Count);
            foreach (Piece part in parts)
                step.Split(part, next);
            parts = next;
            TextBudget.RequireLength(parts.Sum(part => (long)part.Length));
        }

        words.AddRange(parts);
    }
}

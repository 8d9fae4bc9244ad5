namespace CsAligner.Tokenizers.Pipeline;

/// <summary>One after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public string Normalize(string text)
    {
        foreach (INormalizer step in steps)
        {
            text = step.Normalize(text);
            TextBudget.RequireLength(text.Length);
        }

        return text;
    }
}

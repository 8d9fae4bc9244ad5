namespace CsAligner.Tokenizers.Pipeline;

/// <summary>One after the other.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    public string Normalize(string text) => steps.Aggregate(text, (before, step) => step.Normalize(before));
}

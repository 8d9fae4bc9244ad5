namespace CsAligner.Tokenizers.Pipeline;

/// <summary>Turns one word into ids of its vocabulary.</summary>
internal interface IWordModel
{
    Vocabulary Vocabulary { get; }

    void Encode(ReadOnlySpan<char> word, List<int> ids);
}

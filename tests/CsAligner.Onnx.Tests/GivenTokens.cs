using CsAligner.Tokenizers;

namespace CsAligner.Onnx.Tests;

/// <summary>A tokenizer whose texts are numbers of rows of ids that were made elsewhere; any other text is one id.</summary>
internal sealed class GivenTokens(IReadOnlyList<int[]> rows, int padding, bool paddedLeft = false) : ITokenizer
{
    public int VocabularySize => 300;

    public int PaddingId => padding;

    public int? ContextLength => null;

    public IReadOnlyDictionary<string, int> SpecialTokens { get; } = new Dictionary<string, int>();

    public int[] Encode(string text) => int.TryParse(text, out int row) ? rows[row] : [2];

    public TokenBatch EncodeBatch(IReadOnlyList<string> texts, int contextLength)
    {
        var batch = new TokenBatch(texts.Count, contextLength, paddedLeft);
        for (int i = 0; i < texts.Count; i++) batch.Set(i, Encode(texts[i]), padding);
        return batch;
    }
}

using CsAligner.Tensors;
using CsAligner.Tokenizers.Pipeline;

namespace CsAligner.Tokenizers;

/// <summary>Finds out which tokenizer a model's folder holds.</summary>
public static class TokenizerFolder
{
    /// <summary>
    /// Reads the tokenizer of a folder: <c>tokenizer.json</c> if there is one, else <c>vocab.json</c> with <c>merges.txt</c> as
    /// CLIP's tokenizer, else <c>vocab.txt</c> as BERT's.
    /// </summary>
    /// <param name="folder">A model's folder, as Hugging Face's tools write it.</param>
    /// <exception cref="InputException">The folder holds no tokenizer, a damaged one, or one that asks for something unknown.</exception>
    public static ITokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (File.Exists(Path.Combine(folder, HuggingFaceTokenizer.FileName)))
            return HuggingFaceTokenizer.Load(folder);
        if (File.Exists(Path.Combine(folder, "vocab.json")) && File.Exists(Path.Combine(folder, "merges.txt")))
            return ClipTokenizer.Load(folder);
        if (File.Exists(Path.Combine(folder, BertVocabulary.FileName)))
            return HuggingFaceTokenizer.Load(folder);
        throw new InputException(
            $"reading the tokenizer: {folder} holds none of tokenizer.json, vocab.json with merges.txt, and vocab.txt; "
            + "give a model's folder as Hugging Face's tools write it.");
    }
}

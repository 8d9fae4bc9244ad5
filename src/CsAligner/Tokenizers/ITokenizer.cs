using CsAligner.Tensors;

namespace CsAligner.Tokenizers;

/// <summary>
/// Cuts texts into the numbered tokens of a vocabulary, with the marks (begin, end, …) that its family of models expects. What an
/// encoder of texts needs to know of any tokenizer. Thread-safe.
/// </summary>
public interface ITokenizer
{
    /// <summary>Every id is at least 0 and below this: the rows that a model's table of tokens needs.</summary>
    int VocabularySize { get; }

    /// <summary>The id that fills up short rows.</summary>
    int PaddingId { get; }

    /// <summary>
    /// How many ids of a text its models read, as far as the tokenizer's own files say; null if they do not (the model's
    /// configuration does then).
    /// </summary>
    int? ContextLength { get; }

    /// <summary>The tokens that no ordinary text holds (begin, end, padding, mask, …) and their ids.</summary>
    IReadOnlyDictionary<string, int> SpecialTokens { get; }

    /// <summary>All ids of a text, marks of begin and end included where the family has them; nothing is cut or filled up.</summary>
    /// <param name="text">Any text; lone surrogates count as U+FFFD unless the family says otherwise.</param>
    int[] Encode(string text);

    /// <summary>
    /// The ids of several texts in rows of one length. A longer text loses ids and keeps its marks, a shorter one is filled up with
    /// <see cref="PaddingId"/>.
    /// </summary>
    /// <param name="texts">Any texts.</param>
    /// <param name="contextLength">Ids to a row: more than the marks of one text.</param>
    /// <exception cref="ArgumentOutOfRangeException">A row has no room for the marks and one more id.</exception>
    /// <exception cref="InputException">A text has a character that the vocabulary can write in no way.</exception>
    TokenBatch EncodeBatch(IReadOnlyList<string> texts, int contextLength);
}

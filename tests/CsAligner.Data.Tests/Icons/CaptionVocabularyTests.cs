using CsAligner.Data.Icons;
using CsAligner.Testing;
using CsAligner.Tokenizers;

namespace CsAligner.Data.Tests.Icons;

public sealed class CaptionVocabularyTests
{
    private static readonly string[] s_training = ["arrow left", "shopping-cart", "Credit Card 2"];

    private static readonly string s_golden = Path.Combine(Repository.Root, "tests", "CsAligner.Tests", "Golden");

    [Fact]
    public void A_query_is_unseen_when_training_has_none_of_its_words()
    {
        CaptionVocabulary words = CaptionVocabulary.OfWords(s_training);
        Assert.Equal(7, words.Count);
        string[] queries = ["left", "ARROW", "trash can", "cart-plus", "carts", "", "  !", "2", "arrows lefty", "trash can left"];
        Assert.Equal([2, 4, 8], words.Unseen(queries));
        Assert.Equal(queries.Select(words.IsUnseen), Enumerable.Range(0, queries.Length).Select(i => i is 2 or 4 or 8));
    }

    [Fact]
    public void With_byte_pairs_a_new_word_of_old_tokens_is_seen()
    {
        ClipTokenizer tokenizer = ClipTokenizer.Load(Path.Combine(s_golden, "tokenizer"));
        CaptionVocabulary tokens = CaptionVocabulary.OfTokens(["arrow left"], tokenizer);
        Assert.Equal(tokenizer.Encode("arrow left").Distinct().Count() - 2, tokens.Count);
        Assert.False(tokens.IsUnseen("left"));
        Assert.True(tokens.IsUnseen("camera down"));
        // "leftarrow" is one word of pieces of both; "arrow" at its end is the token of the word.
        Assert.True(CaptionVocabulary.OfWords(["arrow left"]).IsUnseen("downarrow"));
        Assert.Equal(!tokenizer.Encode("downarrow").Intersect(tokenizer.Encode("arrow left")[1..^1]).Any(), tokens.IsUnseen("downarrow"));
        Assert.False(tokens.IsUnseen(""));
    }
}

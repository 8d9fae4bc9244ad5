using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

public sealed class BpeTrainerTests
{
    [Fact]
    public void Training_gives_the_vocabulary_of_the_naive_reference()
    {
        BpeVocabulary expected = BpeVocabulary.Read(TokenizerFiles.Golden);
        BpeVocabulary trained = BpeTrainer.Train(TokenizerFiles.Captions(), 900);
        Assert.Equal(expected.Merges, trained.Merges);
        Assert.Equal(expected.Tokens, trained.Tokens);
    }

    [Fact]
    public void A_toy_corpus_gives_the_merges_done_by_hand()
    {
        // low 5, lower 2, newest 6, widest 3: "es", then "est", then "lo".
        BpeVocabulary vocabulary = BpeTrainer.Train(Counted(("low", 5), ("lower", 2), ("newest", 6), ("widest", 3)), 517);
        Assert.Equal([new("e", "s"), new("es", "t</w>"), new("l", "o")], vocabulary.Merges);
        Assert.Equal("<|endoftext|>", vocabulary.Tokens[516]);
    }

    [Fact]
    public void Ties_go_to_the_smaller_ids()
    {
        BpeVocabulary vocabulary = BpeTrainer.Train(Counted(("xyq", 3), ("xaq", 3), ("bcq", 3)), 515);
        Assert.Equal([new("a", "q</w>")], vocabulary.Merges);
    }

    [Fact]
    public void The_order_of_the_captions_does_not_matter()
    {
        BpeVocabulary forward = BpeTrainer.Train(TokenizerFiles.Captions(), 800);
        BpeVocabulary backward = BpeTrainer.Train(TokenizerFiles.Captions().Reverse(), 800);
        Assert.Equal(forward.Merges, backward.Merges);
        Assert.Equal(800, forward.Tokens.Count);
    }

    [Fact]
    public void Merges_stay_inside_words()
    {
        BpeVocabulary vocabulary = BpeTrainer.Train(Counted(("a b a b", 100), ("don't", 50), ("x1 x1", 50)), 4096);
        Assert.DoesNotContain(vocabulary.Tokens, token => token is "ab" or "b</w>a" or "n'" or "x1" or "x1</w>" or "don't</w>");
        Assert.Contains("don</w>", vocabulary.Tokens);
        Assert.Contains("'t</w>", vocabulary.Tokens);
    }

    [Fact]
    public void Rare_pairs_are_left_alone_and_nothing_gives_the_bytes_alone()
    {
        Assert.Empty(BpeTrainer.Train(Counted(("abc", 1)), 4096).Merges);
        Assert.Equal(2, BpeTrainer.Train(Counted(("abc", 1)), 4096, minimumCount: 1).Merges.Count);
        Assert.Equal(514, BpeTrainer.Train([], 514).Tokens.Count);
    }

    [Fact]
    public void What_was_trained_is_encoded_as_one_token_after_a_round_trip_through_the_files()
    {
        TokenizerFiles.InCopy(folder =>
        {
            BpeTrainer.Train(Counted(("arrow left", 50), ("日本 😀", 20), ("aaaaaaaa", 9)), 4096).Write(folder);
            ClipTokenizer tokenizer = ClipTokenizer.Load(folder);
            Assert.Equal(4, tokenizer.Encode("Arrow LEFT").Length);
            Assert.Equal(4, tokenizer.Encode("日本 😀").Length);
            Assert.Equal(3, tokenizer.Encode("aaaaaaaa").Length);
        });
    }

    [Fact]
    public void Sizes_and_counts_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BpeTrainer.Train([], 513));
        Assert.Throws<ArgumentOutOfRangeException>(() => BpeTrainer.Train(Counted(("a", 0)), 600));
    }

    private static IEnumerable<KeyValuePair<string, long>> Counted(params (string Text, long Count)[] captions) =>
        captions.Select(caption => KeyValuePair.Create(caption.Text, caption.Count));
}

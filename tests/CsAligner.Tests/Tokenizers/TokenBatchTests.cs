using CsAligner.Tokenizers;

namespace CsAligner.Tests.Tokenizers;

public sealed class TokenBatchTests
{
    [Fact]
    public void Padding_stands_behind_the_ids_and_the_mask_says_where()
    {
        TokenBatch batch = Make(paddedLeft: false);
        Assert.Equal([7, 8, 0, 0, 9, 0, 0, 0], batch.Ids);
        Assert.Equal([1, 1, 0, 0, 1, 0, 0, 0], batch.AttentionMask());
        Assert.Equal([7, 8], batch.Text(0));
        Assert.Equal([9], batch.Text(1));
    }

    [Fact]
    public void Padding_may_stand_before_the_ids()
    {
        TokenBatch batch = Make(paddedLeft: true);
        Assert.Equal([0, 0, 7, 8, 0, 0, 0, 9], batch.Ids);
        Assert.Equal([0, 0, 1, 1, 0, 0, 0, 1], batch.AttentionMask());
        Assert.Equal([9], batch.Text(1));
    }

    [Theory]
    [InlineData(false, new[] { 7, 8, 9, 0 })]
    [InlineData(true, new[] { 7, 8, 0, 9 })]
    public void Trimmed_rows_are_as_long_as_the_longest_text(bool paddedLeft, int[] ids)
    {
        TokenBatch trimmed = Make(paddedLeft).Trim();
        Assert.Equal(2, trimmed.ContextLength);
        Assert.Equal(ids, trimmed.Ids);
        Assert.Equal([2, 1], trimmed.Lengths);
        Assert.Same(trimmed, trimmed.Trim());
    }

    private static TokenBatch Make(bool paddedLeft)
    {
        var batch = new TokenBatch(2, 4, paddedLeft);
        batch.Set(0, [7, 8], 0);
        batch.Set(1, [9], 0);
        return batch;
    }
}

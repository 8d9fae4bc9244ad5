using CsAligner.Training;

namespace CsAligner.Tests.Training;

public sealed class PairBatchesTests
{
    private static readonly int[] _images = [0, 1, 2, 3, 4];
    private static readonly int[][] _texts = [[0, 5, 6], [1], [2, 7], [3], [4]];

    [Fact]
    public void An_epoch_has_each_image_once_with_one_of_its_texts_and_each_unpaired_row_once()
    {
        var batches = new PairBatches(_images, _texts, 2, First(7), First(3), 2, 3);
        var captions = new HashSet<int>();
        Assert.Equal(3, batches.PerEpoch);
        for (int epoch = 0; epoch < 30; epoch++)
        {
            var all = batches.Epoch(epoch);
            Assert.Equal(3, all.Count);
            Assert.All(all, b => Assert.InRange(b.Images.Length, 1, 2));
            Assert.Equal(_images, all.SelectMany(b => b.Images).Order());
            Assert.All(all.SelectMany(b => b.Images.Zip(b.Texts)), pair => Assert.Contains(pair.Second, _texts[pair.First]));
            Assert.Equal(Enumerable.Range(0, 7), all.SelectMany(b => b.UnpairedImages).Order());
            Assert.Equal(Enumerable.Range(0, 3), all.SelectMany(b => b.UnpairedTexts).Order());
            captions.UnionWith(all.SelectMany(b => b.Texts));
        }

        Assert.Equal(8, captions.Count);
    }

    // 33 unpaired rows to 5 pairs at 2 to 1: four passes of three steps.
    [Fact]
    public void More_unpaired_rows_than_the_ratio_make_an_epoch_go_over_the_pairs_again()
    {
        var batches = new PairBatches(_images, _texts, 2, First(33), First(4), 2, 3);
        Assert.Equal(12, batches.PerEpoch);
        var all = batches.Epoch(1);
        foreach (var pass in all.Chunk(3)) Assert.Equal(_images, pass.SelectMany(b => b.Images).Order());
        Assert.NotEqual(all[..3].SelectMany(b => b.Images), all[3..6].SelectMany(b => b.Images));
        Assert.Equal(Enumerable.Range(0, 33), all.SelectMany(b => b.UnpairedImages).Order());
        Assert.Equal(Enumerable.Range(0, 4), all.SelectMany(b => b.UnpairedTexts).Order());
        Assert.All(all, b => Assert.InRange(b.UnpairedImages.Length, 2, 3));
    }

    [Fact]
    public void The_seed_and_the_epoch_alone_decide()
    {
        int[] Rows(ulong seed, int epoch) =>
            [.. new PairBatches(_images, _texts, 2, First(9), First(9), 2, seed).Epoch(epoch)
                .SelectMany(b => b.Images.Concat(b.Texts).Concat(b.UnpairedTexts))];
        Assert.Equal(Rows(1, 4), Rows(1, 4));
        Assert.NotEqual(Rows(1, 4), Rows(2, 4));
        Assert.NotEqual(Rows(1, 4), Rows(1, 5));
    }

    [Fact]
    public void Without_pairs_a_step_has_rows_of_both_sides()
    {
        var batches = new PairBatches([], [], 4, First(10), First(3), double.PositiveInfinity, 3);
        Assert.Equal(3, batches.PerEpoch);
        var epoch = batches.Epoch(0);
        Assert.All(epoch, batch => Assert.Empty(batch.Images));
        Assert.All(epoch, batch => Assert.Equal(First(3), batch.UnpairedTexts.Order()));
        Assert.All(epoch, batch => Assert.InRange(batch.UnpairedImages.Length, 1, 4));
        Assert.Equal(First(10), epoch.SelectMany(batch => batch.UnpairedImages).Order());
    }

    [Fact]
    public void A_few_pairs_are_seen_beside_as_many_rows_as_fit()
    {
        var batches = new PairBatches([0, 2], [[0], [], [1]], 8, First(8), First(20), double.PositiveInfinity, 3);
        Assert.Equal(3, batches.PerEpoch);
        var epoch = batches.Epoch(1);
        Assert.All(epoch, batch => Assert.Equal([0, 2], batch.Images.Order()));
        Assert.All(epoch, batch => Assert.Equal(First(8), batch.UnpairedImages.Order()));
        Assert.Equal(First(20), epoch.SelectMany(batch => batch.UnpairedTexts).Order());
    }

    private static int[] First(int rows) => [.. Enumerable.Range(0, rows)];
}

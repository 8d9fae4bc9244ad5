using CsAligner.Adapters;
using CsAligner.Ranks;
using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Training;

/// <summary>
/// A step's rows as ranks share them: each has those that it holds, a pair where its image is. Rows are in the order of their numbers
/// among all, so that the step is the same for any number of ranks.
/// </summary>
/// <param name="Images">This rank's images: of pairs, then unpaired.</param>
/// <param name="Texts">This rank's texts.</param>
/// <param name="ImageShares">Who has which images.</param>
/// <param name="TextShares">Who has which texts.</param>
/// <param name="Pairs">P, over all ranks.</param>
/// <param name="ImageOfText">See <see cref="PairBatches.Batch"/>; of all ranks.</param>
internal sealed record SharedBatch(
    int[] Images, int[] Texts, RowShares ImageShares, RowShares TextShares, int Pairs, int[]? ImageOfText)
{
    /// <summary>Splits a step.</summary>
    /// <param name="batch">All its rows.</param>
    /// <param name="images">All images.</param>
    /// <param name="texts">All texts.</param>
    /// <param name="ranks">Who shares it.</param>
    public static SharedBatch Of(PairBatches.Batch batch, SampleFeatures images, SampleFeatures texts, ICommunicator ranks)
    {
        int paired = images.First(1);
        int[] order = [.. Enumerable.Range(0, batch.Images.Length).OrderBy(i => batch.Images[i])];
        int[][] textsOf = batch.ImageOfText is { } owners
            ?
            [
                .. Enumerable.Range(0, owners.Length).GroupBy(t => owners[t]).OrderBy(g => g.Key)
                    .Select(g => g.Select(t => batch.Texts[t]).ToArray()),
            ]
            : [.. batch.Texts.Select(text => new[] { text })];
        int[] pairImages = [.. order.Select(i => batch.Images[i])];
        int[][] pairTexts = [.. order.Select(i => textsOf[i])];
        int[] owner = [.. pairImages.Select(i => RowRange.OwnerOf(i, paired, ranks.Size))];
        var (freeImages, imageShare) = Unpaired(batch.UnpairedImages, images);
        var (freeTexts, textShare) = Unpaired(batch.UnpairedTexts, texts);
        int[] own = [.. Enumerable.Range(0, owner.Length).Where(i => owner[i] == ranks.Rank)];
        return new SharedBatch(
            [.. own.Select(i => pairImages[i]), .. freeImages],
            [.. own.SelectMany(i => pairTexts[i]), .. freeTexts],
            new RowShares(Counted(_ => 1), imageShare, ranks.Rank),
            new RowShares(Counted(i => pairTexts[i].Length), textShare, ranks.Rank),
            pairImages.Length,
            batch.ImageOfText == null ? null : [.. pairTexts.SelectMany((of, i) => of.Select(_ => i))]);

        int[] Counted(Func<int, int> rows)
        {
            var counts = new int[ranks.Size];
            for (int i = 0; i < owner.Length; i++) counts[owner[i]] += rows(i);
            return counts;
        }

        (int[] Own, int[] Counts) Unpaired(int[] rows, SampleFeatures features)
        {
            int first = features.First(1), count = features.First(2) - first;
            int[] sorted = [.. rows.Order()];
            var counts = new int[ranks.Size];
            foreach (int row in sorted) counts[RowRange.OwnerOf(row, count, ranks.Size)]++;
            int before = counts[..ranks.Rank].Sum();
            return ([.. sorted.AsSpan(before, counts[ranks.Rank]).ToArray().Select(row => first + row)], counts);
        }
    }
}

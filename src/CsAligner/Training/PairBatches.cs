using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// The rows of each step of an epoch, drawn by the seed and the epoch's number alone. An epoch has every unpaired row once
/// and every image once with one of its texts, in batches of nearly equal size; where that would be more unpaired rows to a
/// pair than the ratio allows, or more than a batch, the images pass as often as needed, each pass in an order of its own. Where the
/// batch alone limits unpaired rows, those of a side that fit into one are in every step. There may be no pairs.
/// </summary>
internal sealed class PairBatches
{
    private readonly int[] _images;
    private readonly int[][] _textsOfImage;
    private readonly int[] _unpairedImages;
    private readonly int[] _unpairedTexts;
    private readonly int _batchSize;
    private readonly bool _repeatsUnpaired;
    private readonly ulong _seed;
    private readonly bool _allTexts;
    private readonly int _perPass;
    private readonly int _passes;

    /// <param name="images">The images that have texts.</param>
    /// <param name="textsOfImage">Of every image its texts.</param>
    /// <param name="batchSize">The most pairs in a step.</param>
    /// <param name="unpairedImages">The numbers of the unpaired images.</param>
    /// <param name="unpairedTexts">The numbers of the unpaired texts.</param>
    /// <param name="unpairedRatio">The most unpaired rows of a side to a pair; infinite for as many as fit a batch.</param>
    /// <param name="seed">Decides every draw.</param>
    /// <param name="allTexts">Whether a step has all texts of its images, not one of each.</param>
    public PairBatches(int[] images, int[][] textsOfImage, int batchSize, int[] unpairedImages, int[] unpairedTexts, double unpairedRatio,
        ulong seed, bool allTexts = false)
    {
        (_images, _textsOfImage, _unpairedImages, _unpairedTexts, _batchSize, _seed, _allTexts) =
            (images, textsOfImage, unpairedImages, unpairedTexts, batchSize, seed, allTexts);
        _perPass = Math.Max(1, (images.Length + batchSize - 1) / batchSize);
        _repeatsUnpaired = images.Length == 0 || double.IsPositiveInfinity(unpairedRatio);
        double most = _repeatsUnpaired ? (double)batchSize * _perPass : unpairedRatio * images.Length;
        _passes = Math.Max(1, checked((int)Math.Ceiling(Math.Max(unpairedImages.Length, unpairedTexts.Length) / most)));
    }

    /// <summary>How many unpaired images there are.</summary>
    public int UnpairedImages => _unpairedImages.Length;

    /// <summary>How many unpaired texts there are.</summary>
    public int UnpairedTexts => _unpairedTexts.Length;

    public int PerEpoch => checked(_passes * _perPass);

    /// <summary>The batches of an epoch, from 0.</summary>
    public List<Batch> Epoch(int epoch)
    {
        var random = new RandomGenerator(_seed).Split((ulong)epoch + 1);
        int[] unpairedImages = Shuffled([.. _unpairedImages], random), unpairedTexts = Shuffled([.. _unpairedTexts], random);
        var batches = new List<Batch>(PerEpoch);
        for (int pass = 0; pass < _passes; pass++)
        {
            int[] images = Shuffled([.. _images], random);
            for (int b = 0; b < _perPass; b++)
            {
                int[] chosen = Part(images, b, _perPass);
                int[] texts = _allTexts
                    ? [.. chosen.SelectMany(i => _textsOfImage[i])]
                    : [.. chosen.Select(i => _textsOfImage[i][random.Next(_textsOfImage[i].Length)])];
                int[]? imageOfText = _allTexts ? [.. chosen.SelectMany((i, row) => Enumerable.Repeat(row, _textsOfImage[i].Length))] : null;
                int step = batches.Count;
                batches.Add(new Batch(chosen, texts, Unpaired(unpairedImages, step), Unpaired(unpairedTexts, step), imageOfText));
            }
        }

        return batches;
    }

    private int[] Unpaired(int[] rows, int step) =>
        _repeatsUnpaired && rows.Length <= _batchSize ? rows : Part(rows, step, PerEpoch);

    private static int[] Part(int[] rows, int part, int parts) =>
        rows[(int)((long)rows.Length * part / parts)..(int)((long)rows.Length * (part + 1) / parts)];

    private static int[] Shuffled(int[] rows, RandomGenerator random)
    {
        random.Shuffle<int>(rows);
        return rows;
    }

    /// <summary>
    /// Rows of a step: image and text of each pair, then the unpaired ones. With all texts of the images,
    /// <paramref name="ImageOfText"/> has for each text the place of its image among the step's; else it is null.
    /// </summary>
    internal sealed record Batch(int[] Images, int[] Texts, int[] UnpairedImages, int[] UnpairedTexts, int[]? ImageOfText);
}

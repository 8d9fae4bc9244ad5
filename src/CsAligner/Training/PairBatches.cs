using CsAligner.Evaluation;
using CsAligner.Tensors;

namespace CsAligner.Training;

/// <summary>
/// The rows of each step of an epoch, drawn by the seed and the epoch's number alone: each image once with one of its
/// texts, in batches of nearly equal size, unpaired rows spread over them.
/// </summary>
internal sealed class PairBatches
{
    private readonly int[] _images;
    private readonly int[][] _textsOfImage;
    private readonly int _unpairedImages;
    private readonly int _unpairedTexts;
    private readonly ulong _seed;

    public PairBatches(int[] images, int[][] textsOfImage, int batchSize, int unpairedImages, int unpairedTexts, ulong seed)
    {
        (_images, _textsOfImage, _unpairedImages, _unpairedTexts, _seed) = (images, textsOfImage, unpairedImages, unpairedTexts, seed);
        PerEpoch = (images.Length + batchSize - 1) / batchSize;
    }

    public int PerEpoch { get; }

    /// <summary>The batches of an epoch, from 0.</summary>
    public List<Batch> Epoch(int epoch)
    {
        var random = new RandomGenerator(_seed).Split((ulong)epoch + 1);
        int[] images = [.. _images];
        random.Shuffle<int>(images);
        int[] unpairedImages = Shuffled(_unpairedImages, random), unpairedTexts = Shuffled(_unpairedTexts, random);
        var batches = new List<Batch>(PerEpoch);
        for (int b = 0; b < PerEpoch; b++)
        {
            int[] chosen = Part(images, b);
            int[] texts = [.. chosen.Select(i => _textsOfImage[i][random.Next(_textsOfImage[i].Length)])];

            // Twice as many unpaired rows as pairs is the paper's ratio; more would leave the pairs unheard.
            batches.Add(new Batch(chosen, texts, [.. Part(unpairedImages, b).Take(2 * chosen.Length)], [.. Part(unpairedTexts, b).Take(2 * chosen.Length)]));
        }

        return batches;
    }

    private int[] Part(int[] rows, int batch) =>
        rows[(int)((long)rows.Length * batch / PerEpoch)..(int)((long)rows.Length * (batch + 1) / PerEpoch)];

    private static int[] Shuffled(int count, RandomGenerator random)
    {
        int[] rows = [.. Enumerable.Range(0, count)];
        random.Shuffle<int>(rows);
        return rows;
    }

    /// <summary>Rows of a step: image and text of each pair, then the unpaired ones.</summary>
    internal sealed record Batch(int[] Images, int[] Texts, int[] UnpairedImages, int[] UnpairedTexts);
}

using CsAligner.Data.Icons;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Icons;

public class NearDuplicatesTests
{
    private const int Pixels = 64 * 64;

    [Fact]
    public void Finds_exactly_the_pairs_that_comparing_all_would()
    {
        var random = new RandomGenerator(7);
        List<byte[]> references = [.. Enumerable.Range(0, 90).Select(_ => Strokes(random))];
        // Copies with more and more pixels changed: their cosines lie on both sides of the threshold.
        List<byte[]> candidates = [.. Enumerable.Range(0, 300).Select(i => Spoil(random, references[i % references.Count], i))];
        int[] expected = [.. candidates.Select(c => Nearest(references, c, 0.97))];
        int[] found =
            new NearDuplicates(references.Count, Reader(references), 0.97f).Find(candidates.Count, Reader(candidates), _ => { },
                CancellationToken.None);
        Assert.Equal(expected, found);
        Assert.InRange(expected.Count(e => e >= 0), 20, 280);
    }

    [Fact]
    public void A_shift_of_strokes_is_another_picture_and_lighter_ink_the_same()
    {
        var random = new RandomGenerator(3);
        byte[] picture = Strokes(random);
        byte[] lighter = [.. picture.Select(p => (byte)(p / 2))];
        byte[] shifted = [.. new byte[64 * 3], .. picture[..^(64 * 3)]];
        int[] found =
            new NearDuplicates(1, Reader([picture]), 0.97f).Find(3, Reader([picture, lighter, shifted]), _ => { }, CancellationToken.None);
        Assert.Equal([0, 0, -1], found);
    }

    [Fact]
    public void Empty_pictures_match_nothing()
    {
        var empty = new byte[Pixels];
        byte[] full = [.. Enumerable.Repeat((byte)255, Pixels)];
        int[] found = new NearDuplicates(2, Reader([empty, full]), 0.97f).Find(2, Reader([empty, full]), _ => { }, CancellationToken.None);
        Assert.Equal([-1, 1], found);
        Assert.Equal(0, NearDuplicates.Cosine(empty, full));
    }

    [Fact]
    public void Without_references_nothing_is_a_duplicate() =>
        Assert.Equal([-1], new NearDuplicates(0, Reader([]), 0.97f).Find(1, Reader([new byte[Pixels]]), _ => { }, CancellationToken.None));

    private static int Nearest(List<byte[]> references, byte[] candidate, double threshold)
    {
        int nearest = -1;
        for (int j = 0; j < references.Count; j++)
        {
            double ab = 0, aa = 0, bb = 0;
            for (int i = 0; i < Pixels; i++)
            {
                ab += (double)candidate[i] * references[j][i];
                aa += (double)candidate[i] * candidate[i];
                bb += (double)references[j][i] * references[j][i];
            }

            double cosine = ab / Math.Sqrt(aa * bb);
            if (cosine > threshold)
                (threshold, nearest) = (cosine, j);
        }

        return nearest;
    }

    private static NearDuplicates.InkReader Reader(List<byte[]> pictures) => (i, ink) => pictures[i].CopyTo(ink);

    private static byte[] Strokes(RandomGenerator random)
    {
        var picture = new byte[Pixels];
        for (int stroke = 0; stroke < 8; stroke++)
        {
            int x = random.Next(50), y = random.Next(50), dx = random.Next(3) - 1, dy = random.Next(2);
            for (int i = 0; i < 14; i++)
            {
                int px = Math.Clamp(x + i * dx, 0, 62), py = Math.Clamp(y + i * dy, 0, 62);
                picture[py * 64 + px] = picture[py * 64 + px + 1] = 255;
            }
        }

        return picture;
    }

    private static byte[] Spoil(RandomGenerator random, byte[] picture, int pixels)
    {
        byte[] spoiled = [.. picture];
        for (int i = 0; i < pixels / 4; i++)
            spoiled[random.Next(Pixels)] ^= 128;
        return spoiled;
    }
}

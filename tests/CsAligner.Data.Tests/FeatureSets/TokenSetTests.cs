using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.FeatureSets;

public class TokenSetTests
{
    private const int Width = 3;

    private static readonly int[] Lengths = [2, 1, 4, 1, 3, 2, 1];

    [Theory]
    [InlineData(100)]
    [InlineData(3)]
    [InlineData(1)]
    public void Written_tokens_come_back_row_by_row_in_any_order(int shardRows)
    {
        using var folder = new TemporaryFolder();
        float[] tokens = Write(folder.Path, shardRows);
        using TokenSet set = TokenSet.Open(folder.Path, Modality.Image);
        Assert.Equal((Lengths.Length, Width), (set.Count, set.Width));
        foreach (int row in (int[])[6, 0, 3, 2, 5, 1, 4, 0])
        {
            Assert.Equal(Lengths[row], set.Length(row));
            var read = new float[Lengths[row] * Width];
            set.Read(row, read);
            int first = Lengths[..row].Sum();
            for (int i = 0; i < read.Length; i++)
                Assert.Equal(tokens[(first * Width) + i], read[i], 1e-3);
            foreach (float[] token in read.Chunk(Width))
                Assert.Equal(1, Math.Sqrt(token.Sum(v => (double)v * v)), 1e-6);
        }

        Assert.Equal(Lengths.Sum() * Width * 2,
            Directory.GetFiles(folder["img_tokens"], "img_tokens_*").Sum(path => new FileInfo(path).Length - 128));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Length(7));
        Assert.Throws<ArgumentException>(() => set.Read(0, new float[Width]));
    }

    [Fact]
    public void Another_set_in_the_same_folder_leaves_none_of_the_old_tokens_or_pairs()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new FeatureSetWriter(folder.Path))
        {
            writer.WriteRows(Modality.Image, [1, 2], 1);
            writer.WriteTokens(Modality.Image, [1, 1, 1], 1, [2, 1]);
            writer.SetPairs([1, 0]);
            writer.Commit("e", normalised: true);
        }

        Assert.Equal([1L, 0], Npy.ReadInt64(folder["pairs.npy"]));
        using (var writer = new FeatureSetWriter(folder.Path))
        {
            writer.WriteRows(Modality.Image, [1], 1);
            writer.Commit("e", normalised: true);
        }

        Assert.Empty(Directory.GetFiles(folder["img_tokens"]));
        Assert.False(File.Exists(folder["pairs.npy"]));
        Assert.Contains("has no img_tokens", Refused(folder.Path));
    }

    [Fact]
    public void Rows_without_tokens_are_a_mistake_of_the_program()
    {
        using var folder = new TemporaryFolder();
        using var writer = new FeatureSetWriter(folder.Path);
        writer.WriteRows(Modality.Text, [1, 2], 1);
        writer.WriteTokens(Modality.Text, [1, 1], 1, [2]);
        Assert.Throws<InvalidOperationException>(() => writer.Commit("e", normalised: true));
        Assert.Throws<ArgumentException>(() => writer.WriteTokens(Modality.Text, [1, 1], 1, [1]));
        Assert.Throws<ArgumentException>(() => writer.WriteTokens(Modality.Text, [], 1, [0]));
    }

    [Fact]
    public void Files_that_do_not_fit_each_other_are_named()
    {
        Assert.Contains("'img_tokens_0.npy' has no img_lengths_0 beside it", Broken(f => File.Delete(f["img_tokens/img_lengths_0.npy"])));
        Assert.Contains("'img_lengths_1.npy' has no img_tokens_1 beside it",
            Broken(f => Npy.Write(f["img_tokens/img_lengths_1.npy"], (int[])[1])));
        Assert.Contains("add up to 13 tokens", Broken(f => Npy.Write(f["img_tokens/img_lengths_0.npy"], (int[])[2, 1, 3, 1, 3, 2, 1])));
        Assert.Contains("row 3 has 0 tokens", Broken(f => Npy.Write(f["img_tokens/img_lengths_0.npy"], (int[])[2, 1, 5, 0, 3, 2, 1])));
        Assert.Contains("row 0 has -2 tokens", Broken(f => Npy.Write(f["img_tokens/img_lengths_0.npy"], (int[])[-2, 5, 4, 1, 3, 2, 1])));
        Assert.Contains("row 1 has 9223372036854775807 tokens",
            Broken(f => Npy.Write(f["img_tokens/img_lengths_0.npy"], (long[])[2, long.MaxValue, 4, 1, 3, 2, 1])));
        Assert.Contains("6 rows", Broken(f => Npy.Write(f["img_tokens/img_lengths_0.npy"], (int[])[3, 4, 1, 3, 2, 1])));
        Assert.Contains("expected integers, it holds Float32",
            Broken(f => Npy.Write(f["img_tokens/img_lengths_0.npy"], Tensor.From([2f, 1, 4, 1, 3, 2, 1], 7))));
        Assert.Contains("expected a matrix [tokens, width], got Int64 [14]",
            Broken(f => Npy.Write(f["img_tokens/img_tokens_0.npy"], new long[14])));
        Assert.Contains("got Float16 [14, 3, 1]",
            Broken(f => Npy.Write(f["img_tokens/img_tokens_0.npy"], new Tensor(14, 3, 1), ElementType.Float16)));
        Assert.Contains("cut off",
            Broken(f => File.WriteAllBytes(f["img_tokens/img_tokens_0.npy"], File.ReadAllBytes(f["img_tokens/img_tokens_0.npy"])[..^1])));
        Assert.Contains("neither img_emb", Broken(f => Directory.Delete(f["img_emb"], recursive: true)));
        Assert.Contains("7 rows", Broken(f =>
        {
            Npy.Write(f["img_emb/img_emb_0.npy"], new Tensor(8, 1));
        }));
        Assert.Contains("'img_emb_1.npy' has no img_tokens_1 beside it",
            Broken(f => Npy.Write(f["img_emb/img_emb_1.npy"], new Tensor(8, 1))));
        Assert.Contains("expected values in C order", Broken(f =>
        {
            byte[] bytes = File.ReadAllBytes(f["img_tokens/img_tokens_0.npy"]);
            "True "u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("False"u8)));
            File.WriteAllBytes(f["img_tokens/img_tokens_0.npy"], bytes);
        }));
        Assert.Contains("'img_tokens_2.npy' has no img_lengths_2 beside it",
            Broken(f => File.Move(f["img_tokens/img_tokens_0.npy"], f["img_tokens/img_tokens_2.npy"])));
        Assert.Contains("no text_tokens", Broken(_ => { }, Modality.Text));
    }

    [Fact]
    public void A_token_that_is_not_finite_or_has_no_direction_is_named_when_it_is_read()
    {
        foreach ((float bad, string expected) in ((float, string)[])[(float.NaN, "NaN or infinity"),
            (float.PositiveInfinity, "NaN or infinity"), (0, "all zeros")])
        {
            using var folder = new TemporaryFolder();
            Write(folder.Path, 100);
            Tensor tokens = Npy.ReadTensor(folder["img_tokens/img_tokens_0.npy"]);
            tokens.Span.Slice(4 * Width, Width).Fill(bad);
            Npy.Write(folder["img_tokens/img_tokens_0.npy"], tokens, ElementType.Float16);
            using TokenSet set = TokenSet.Open(folder.Path, Modality.Image);
            set.Read(1, new float[Width]);
            string message = Assert.Throws<InputException>(() => set.Read(2, new float[4 * Width])).Message;
            Assert.Contains("img_tokens_0.npy': token 1 of row 2 (line 4 of the file)", message);
            Assert.Contains(expected, message);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Threads_read_the_same_tokens_and_a_closed_set_says_so()
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, 2);
        TokenSet set = TokenSet.Open(folder.Path, Modality.Image);
        float[][] alone = [.. Enumerable.Range(0, 7).Select(Read)];
        Parallel.For(0, 200, i => Assert.Equal(alone[i % 7], Read(i % 7)));
        set.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Read(0));

        float[] Read(int row)
        {
            var tokens = new float[set.Length(row) * Width];
            set.Read(row, tokens);
            return tokens;
        }
    }

    private static string Broken(Action<TemporaryFolder> spoil, Modality modality = Modality.Image)
    {
        using var folder = new TemporaryFolder();
        Write(folder.Path, 100);
        spoil(folder);
        return Refused(folder.Path, modality);
    }

    private static string Refused(string path, Modality modality = Modality.Image)
    {
        string message = Assert.Throws<InputException>(() => TokenSet.Open(path, modality)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static float[] Write(string folder, int shardRows)
    {
        var random = new RandomGenerator(4);
        Tensor tokens = Tensor.Normal(random, 1, Lengths.Sum(), Width);
        foreach (int t in Enumerable.Range(0, tokens.Rows))
        {
            Span<float> token = tokens.Span.Slice(t * Width, Width);
            float norm = MathF.Sqrt((token[0] * token[0]) + (token[1] * token[1]) + (token[2] * token[2]));
            foreach (ref float value in token)
                value /= norm;
        }

        using var writer = new FeatureSetWriter(folder, shardRows: shardRows);
        writer.WriteRows(Modality.Image, new float[Lengths.Length], 1);
        // In two parts that no shard ends at.
        writer.WriteTokens(Modality.Image, tokens.Span[..(3 * Width)], Width, Lengths.AsSpan(0, 2));
        writer.WriteTokens(Modality.Image, tokens.Span[(3 * Width)..], Width, Lengths.AsSpan(2));
        writer.Commit("e", normalised: true);
        return tokens.Span.ToArray();
    }
}

using System.Text.Json.Nodes;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.FeatureSets;

public class FeatureSetTests
{
    [Fact]
    public void A_written_set_comes_back_in_order_over_many_shards()
    {
        using var folder = new TemporaryFolder();
        float[] images = [.. Enumerable.Range(0, 46).Select(value => (float)value)];
        float[] texts = [.. Enumerable.Range(0, 9).Select(value => -(float)value)];
        using (var writer = new FeatureSetWriter(folder["set"], shardRows: 2))
        {
            writer.WriteRows(Modality.Image, images.AsSpan(0, 2), 2);
            writer.WriteRows(Modality.Image, images.AsSpan(2), 2);
            writer.WriteRows(Modality.Text, texts, 3);
            for (int i = 0; i < 5; i++)
                writer.WriteMetadata(new JsonObject { ["name"] = $"row {i} ✓\n" });
            writer.Commit("icon-clip", normalised: false, sourceHash: "abc", split: "test");
        }

        FeatureSet set = FeatureSet.Open(folder["set"]);
        Assert.Equal(new FeatureSetInfo("icon-clip", 2, 3, false, 23, 3, "abc", "test"), set.Info);
        Assert.Equal(12, set.Shards(Modality.Image).Count);
        Assert.EndsWith("img_emb_11.npy", set.Shards(Modality.Image)[^1]);
        Tensor read = FeatureFile.ReadRows(folder["set"], Modality.Image, raw: true);
        Assert.Equal([23, 2], read.Shape.ToArray());
        Assert.Equal(images, read.Span.ToArray());
        Assert.Equal(texts, FeatureFile.ReadRows(folder["set"], Modality.Text, raw: true).Span.ToArray());
        Assert.Equal(["row 0 ✓\n", "row 1 ✓\n", "row 2 ✓\n", "row 3 ✓\n", "row 4 ✓\n"],
            set.ReadMetadata().Select(row => (string)row["name"]!));
    }

    [Fact]
    public void A_set_written_again_leaves_nothing_of_the_old_one()
    {
        using var folder = new TemporaryFolder();
        void Write(int rows)
        {
            using var writer = new FeatureSetWriter(folder.Path, ElementType.Float32, shardRows: 2);
            writer.WriteRows(Modality.Image, new float[rows], 1);
            writer.WriteMetadata([]);
            writer.Commit("encoder", normalised: false);
        }

        Write(7);
        Write(3);
        Assert.Equal(3, FeatureFile.ReadRows(folder.Path, Modality.Image, raw: true).Rows);
        Assert.Equal(2, Directory.GetFiles(folder["img_emb"]).Length);
    }

    [Fact]
    public void Without_a_commit_the_old_set_is_untouched()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new FeatureSetWriter(folder.Path))
        {
            writer.WriteRows(Modality.Image, [1, 2], 1);
            writer.Commit("first", normalised: false);
        }

        using (var writer = new FeatureSetWriter(folder.Path))
        {
            writer.WriteRows(Modality.Image, [3, 4, 5], 1);
            writer.WriteMetadata([]);
        }

        Assert.Equal("first", FeatureSet.Open(folder.Path).Info!.Encoder);
        Assert.Equal([1, 2], FeatureFile.ReadRows(folder.Path, Modality.Image, raw: true).Span.ToArray());
        Assert.Equal(2, Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void A_folder_of_clip_retrieval_is_read_in_numeric_order()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["img_emb"]);
        foreach (int number in (int[])[0, 2, 10, 100])
            Npy.Write(folder[$"img_emb/img_emb_{number:000}.npy"], Tensor.From([number, 1], 1, 2), ElementType.Float16);
        File.WriteAllText(folder["img_emb/img_emb_notes.npy"], "not a shard");
        FeatureSet set = FeatureSet.Open(folder.Path);
        Assert.Null(set.Info);
        Assert.Empty(set.ReadMetadata());
        Assert.Equal([0, 1, 2, 1, 10, 1, 100, 1], FeatureFile.ReadRows(folder.Path, Modality.Image, raw: true).Span.ToArray());
        Assert.Contains("no text_emb", Refused(folder.Path, Modality.Text));

        Npy.Write(folder["img_emb/img_emb_2.npy"], Tensor.From([1f, 1], 1, 2));
        Assert.Contains("both have number 2", Refused(folder.Path));
    }

    [Fact]
    public void A_set_that_does_not_hold_together_is_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("neither img_emb", Refused(folder.Path));
        Directory.CreateDirectory(folder["img_emb"]);
        Npy.Write(folder["img_emb/img_emb_0.npy"], Tensor.From([1f, 2], 1, 2));
        Npy.Write(folder["img_emb/img_emb_1.npy"], Tensor.From([1f, 2, 3], 1, 3));
        Assert.Contains("img_emb_1.npy': its rows have 3 values", Refused(folder.Path));
        Npy.Write(folder["img_emb/img_emb_1.npy"], Tensor.From([1f, 2], 1, 2));
        File.WriteAllText(folder["features.json"],
            """{"encoder":"e","image_width":2,"text_width":0,"normalised":true,"image_count":3,"text_count":0}""");
        Assert.Contains("says 3 rows of 2, its shards have 2 of 2", Refused(folder.Path));
        File.WriteAllText(folder["features.json"], """{"encoder":"e"}""");
        Assert.Contains("features.json", Refused(folder.Path));
        File.WriteAllText(folder["features.json"], "[");
        Assert.Contains("features.json", Refused(folder.Path));
        Assert.Contains("no such folder", Assert.Throws<InputException>(() => FeatureSet.Open(folder["missing"])).Message);
    }

    [Theory]
    [InlineData("{}\n[1]\n", "line 2 is not a JSON object")]
    [InlineData("{\n", "line 1 is not valid JSON")]
    [InlineData("{\"caption\": \"a\", \"caption\": \"b\"}\n", "line 1 is not valid JSON")]
    public void A_bad_line_of_metadata_is_named(string text, string expected)
    {
        using var folder = new TemporaryFolder();
        using (var writer = new FeatureSetWriter(folder.Path))
        {
            writer.WriteRows(Modality.Text, [1], 1);
            writer.Commit("e", normalised: true);
        }

        Directory.CreateDirectory(folder["metadata"]);
        File.WriteAllText(folder["metadata/metadata_0.jsonl"], text);
        string message = Assert.Throws<InputException>(() => FeatureSet.Open(folder.Path).ReadMetadata().ToList()).Message;
        Assert.Contains("metadata_0.jsonl", message);
        Assert.Contains(expected, message);
    }

    [Fact]
    public void Rows_are_scaled_to_length_one_whatever_their_size()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["a.npy"], Tensor.From([3, 4, -MathF.ScaleB(3, 100), MathF.ScaleB(4, 100), 3e-41f, 4e-41f, 0, -7], 4, 2));
        float[] rows = FeatureFile.ReadRows(folder["a.npy"], Modality.Image).Span.ToArray();
        Assert.Equal([0.6f, 0.8f, -0.6f, 0.8f], rows[..4]);
        // The subnormal row holds about five digits.
        Assert.Equal(0.6, rows[4], 1e-4);
        Assert.Equal(1, Math.Sqrt(((double)rows[4] * rows[4]) + ((double)rows[5] * rows[5])), 1e-7);
        Assert.Equal([0, -1], rows[6..]);
    }

    [Fact]
    public void Bad_rows_are_named_by_file_and_row()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["nan.npy"], Tensor.From([1, 2, 3, float.NaN], 2, 2));
        Assert.Contains("nan.npy': row 1, column 1 is NaN", Refused(folder["nan.npy"]));
        Assert.Contains("row 1, column 1 is NaN",
            Assert.Throws<InputException>(() => FeatureFile.ReadRows(folder["nan.npy"], Modality.Image, raw: true)).Message);
        Npy.Write(folder["inf.npy"], Tensor.From([1, 2, float.NegativeInfinity, 4], 2, 2));
        Assert.Contains("inf.npy': row 1, column 0 is -Infinity", Refused(folder["inf.npy"]));
        Npy.Write(folder["zero.npy"], Tensor.From([1f, 2, 0, -0f], 2, 2));
        Assert.Contains("zero.npy': row 1 is all zeros", Refused(folder["zero.npy"]));
        Assert.Equal(2, FeatureFile.ReadRows(folder["zero.npy"], Modality.Image, raw: true).Rows);
    }

    [Fact]
    public void Anything_but_a_matrix_with_rows_is_refused()
    {
        using var folder = new TemporaryFolder();
        Npy.Write(folder["vector.npy"], new Tensor(3));
        Assert.Contains("its shape is [3]", Refused(folder["vector.npy"]));
        Npy.Write(folder["cube.npy"], new Tensor(3, 2, 2));
        Assert.Contains("its shape is [3, 2, 2]", Refused(folder["cube.npy"]));
        Npy.Write(folder["none.npy"], new Tensor(0, 2));
        Assert.Contains("it has no rows", Refused(folder["none.npy"]));
        Npy.Write(folder["thin.npy"], new Tensor(2, 0));
        Assert.Contains("no values", Refused(folder["thin.npy"]));
        Assert.Contains("no such file", Refused(folder["missing.npy"]));
        File.WriteAllBytes(folder["empty.npy"], []);
        Assert.Contains("the file is empty", Refused(folder["empty.npy"]));
    }

    private static string Refused(string path, Modality modality = Modality.Image)
    {
        string message = Assert.Throws<InputException>(() => FeatureFile.ReadRows(path, modality)).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }
}

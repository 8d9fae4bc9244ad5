using CsAligner.Data.Datasets;
using CsAligner.Data.FeatureSets;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.FeatureSets;

public class ShardPairingTests
{
    [Theory]
    [InlineData("0 1 2", "0 1 2", null)]
    [InlineData("0 2", "0 1", "'img_emb_2.npy' has no text_emb_2 beside it, 'text_emb_1.npy' has no img_emb_1 beside it")]
    [InlineData("0 1 2", "0 2", "'img_emb_1.npy' has no text_emb_1 beside it")]
    [InlineData("0 1", "0 1 2", "'text_emb_2.npy' has no img_emb_2 beside it")]
    [InlineData("00 01 02", "0 1 2", null)]
    [InlineData("9 10", "09 10", null)]
    [InlineData("0 2", "0 2", null)]
    [InlineData("3", "4", "has no")]
    public void Shards_of_one_set_belong_together_by_their_numbers(string images, string texts, string? expected)
    {
        using var folder = new TemporaryFolder();
        Write(folder, "img_emb", images, 20);
        Write(folder, "text_emb", texts, 20);
        foreach (Action pair in (Action[])[() => ShardPairing.CheckRowForRow(folder.Path, folder.Path + "/"),
            () => Dataset.Open(folder.Path).Dispose()])
        {
            string? message = Refused(pair);
            if (expected is null) Assert.Null(message);
            else Assert.Contains(expected, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_number_that_is_there_twice_is_refused()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "img_emb", "1 01", 20);
        Write(folder, "text_emb", "1 2", 20);
        Assert.Contains("both have number 1", Refused(() => ShardPairing.CheckRowForRow(folder.Path, folder.Path)),
            StringComparison.Ordinal);
        Assert.Contains("both have number 1", Refused(() => Dataset.Open(folder.Path).Dispose()), StringComparison.Ordinal);
    }

    [Fact]
    public void Shards_of_other_lengths_are_named_although_the_sums_are_the_same()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "img_emb", "0", 20);
        Write(folder, "img_emb", "1", 10);
        Write(folder, "text_emb", "0", 10);
        Write(folder, "text_emb", "1", 20);
        string message = Refused(() => ShardPairing.CheckRowForRow(folder.Path, folder.Path))!;
        Assert.Contains("img_emb_0.npy' with", message, StringComparison.Ordinal);
        Assert.Contains("20 rows and 10", message, StringComparison.Ordinal);
        Assert.Contains("it has 10 rows", Refused(() => Dataset.Open(folder.Path).Dispose()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shard_that_both_sides_lack_is_known_from_the_count()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new FeatureSetWriter(folder.Path, ElementType.Float32, shardRows: 2))
        {
            writer.WriteRows(Modality.Image, [1, 2, 3, 4, 5, 6], 1);
            writer.WriteRows(Modality.Text, [1, 2, 3, 4, 5, 6], 1);
            writer.Commit("e", normalised: false);
        }

        Dataset.Open(folder.Path).Dispose();
        foreach (string side in (string[])["img_emb", "text_emb"]) File.Delete(folder[$"{side}/{side}_1.npy"]);
        Assert.Contains("says 6 rows, its shards have 4", Refused(() => Dataset.Open(folder.Path).Dispose()), StringComparison.Ordinal);
        Assert.Contains("features.json says 6 rows", Refused(() => FeatureFile.ReadRows(folder.Path, Modality.Image)),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_is_not_written_with_values_that_are_not_finite()
    {
        using var folder = new TemporaryFolder();
        foreach ((float bad, string expected) in ((float, string)[])[(float.NaN, "row 3, column 1 is NaN"),
            (float.NegativeInfinity, "row 3, column 1 is -Infinity"), (70000, "row 1, column 1 is 70000, beyond 65504")])
        {
            using (var writer = new FeatureSetWriter(folder["a/set"], shardRows: 2))
            {
                writer.WriteRows(Modality.Text, [1, 2, 3, 4], 2);
                Assert.Contains(expected, Refused(() => writer.WriteRows(Modality.Text, [5, 6, 7, bad], 2)), StringComparison.Ordinal);
            }

            Assert.False(Directory.Exists(folder["a"]));
        }
    }

    [Fact]
    public void Two_sets_may_be_cut_otherwise_but_not_lack_a_shard()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "a/img_emb", "0 1", 30);
        Write(folder, "b/text_emb", "0 1 2", 20);
        ShardPairing.CheckRowForRow(folder["a"], folder["b"]);
        File.Delete(folder["b/text_emb/text_emb_1.npy"]);
        Assert.Contains("no shard 1 between them", Refused(() => ShardPairing.CheckRowForRow(folder["a"], folder["b"])),
            StringComparison.Ordinal);
        Assert.Contains("no shard 1 between them", Refused(() => ShardPairing.CheckComplete(folder["b"], Modality.Text)),
            StringComparison.Ordinal);
        ShardPairing.CheckComplete(folder["a/img_emb/img_emb_0.npy"], Modality.Image);
    }

    [Fact]
    public void Metadata_belong_to_the_shard_of_their_number()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "img_emb", "0 1", 2);
        Directory.CreateDirectory(folder["metadata"]);
        File.WriteAllText(folder["metadata/metadata_0.jsonl"],
            "\uFEFF{\"image_path\": \"a\", \"score\": NaN}\r\n{\"image_path\": \"b\"}\r\n\r\n");
        File.WriteAllText(folder["metadata/metadata_2.jsonl"], "{}\n{}\n");
        Assert.Contains("'img_emb_1.npy' has no metadata_1 beside it, 'metadata_2.jsonl' has no img_emb_2",
            Refused(() => _ = FeatureSet.Open(folder.Path).ReadMetadata(rowForRow: true).Count()), StringComparison.Ordinal);
        Assert.Contains("'img_emb_1.npy' has no metadata_1 beside it", Refused(() => Dataset.Open(folder.Path).Dispose()),
            StringComparison.Ordinal);
        File.Move(folder["metadata/metadata_2.jsonl"], folder["metadata/metadata_1.jsonl"]);
        Assert.Equal(["a", "b", null, null],
            FeatureSet.Open(folder.Path).ReadMetadata(rowForRow: true).Select(row => row["image_path"]?.GetValue<string>()));
        File.AppendAllText(folder["metadata/metadata_1.jsonl"], "{}\n");
        Assert.Contains("metadata_1.jsonl': it has 3 rows",
            Refused(() => _ = FeatureSet.Open(folder.Path).ReadMetadata(rowForRow: true).Count()), StringComparison.Ordinal);
        Assert.Contains("metadata_1.jsonl': it has 3 rows", Refused(() => Dataset.Open(folder.Path).Dispose()), StringComparison.Ordinal);
    }

    private static string? Refused(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (InputException failure)
        {
            Assert.DoesNotContain('\n', failure.Message);
            return failure.Message;
        }
    }

    private static void Write(TemporaryFolder folder, string place, string numbers, int rows)
    {
        Directory.CreateDirectory(folder[place]);
        foreach (string number in numbers.Split(' '))
            Npy.Write(folder[$"{place}/{Path.GetFileName(place)}_{number}.npy"], new Tensor(rows, 4));
    }
}

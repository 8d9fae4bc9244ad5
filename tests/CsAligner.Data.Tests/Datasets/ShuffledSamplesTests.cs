using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class ShuffledSamplesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(40)]
    [InlineData(1000)]
    public void Each_sample_comes_once_an_epoch_and_the_order_is_that_of_seed_and_epoch(int buffer)
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Shards(folder);
        string[] all = [.. source.ReadAll().Select(e => e.Key)];
        using var samples = new ShuffledSamples(source, 3, buffer);
        string[] first = Drain(samples);
        samples.NextEpoch();
        string[] second = Drain(samples);
        Assert.Equal(all.Order(StringComparer.Ordinal), first.Order(StringComparer.Ordinal));
        Assert.Equal(all.Order(StringComparer.Ordinal), second.Order(StringComparer.Ordinal));
        Assert.NotEqual(first, second);
        Assert.NotEqual(first, Drain(new ShuffledSamples(source, 4, buffer)));
        Assert.Equal(first, Drain(new ShuffledSamples(source, 3, buffer)));
        Assert.Equal(second, Drain(new ShuffledSamples(source, 3, buffer, epoch: 1)));
        Assert.Null(samples.Next());
    }

    [Fact]
    public void A_resumed_order_goes_on_with_the_same_samples_wherever_it_was_cut()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Shards(folder);
        string[] whole = Drain(new ShuffledSamples(source, 9, 16, epoch: 2));
        for (int cut = 0; cut <= whole.Length; cut++)
        {
            using var before = new ShuffledSamples(source, 9, 16, epoch: 2);
            for (int i = 0; i < cut; i++) Assert.Equal(whole[i], before.Next()!.Key);
            string saved = before.Position.ToJson();
            using SampleSource again = Dataset.Open(source.Name);
            using var after = ShuffledSamples.Resume(again, SamplePosition.Parse(saved));
            Assert.Equal(whole[cut..], Drain(after));
            after.NextEpoch();
            Assert.Equal(3, after.Epoch);
        }
    }

    [Fact]
    public void A_list_is_shuffled_in_full()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["captions.tsv"], Enumerable.Range(0, 2000).Select(i => $"{i}.png\ttext {i}"));
        using SampleSource source = Dataset.Open(folder.Path);
        int[] order = [.. Drain(new ShuffledSamples(source, 1, 10)).Select(key => int.Parse(key[..^4], null))];
        // The mean distance of a sample from its place is a third of the length in a random order.
        Assert.InRange(order.Select((value, place) => Math.Abs(value - place)).Average(), 600, 733);
    }

    [Fact]
    public void Another_data_set_or_a_damaged_position_is_refused()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Shards(folder);
        using var samples = new ShuffledSamples(source, 1, 4);
        samples.Next();
        string saved = samples.Position.ToJson();
        foreach (string bad in (string[])["", "{}", "[]", saved[..^5],
            saved.Replace("\"epoch\":0", "\"epoch\":-1", StringComparison.Ordinal),
            saved.Replace("\"buffer_size\":4", "\"buffer_size\":1", StringComparison.Ordinal)])
            Assert.Contains("start the epoch again", Assert.Throws<InputException>(() => SamplePosition.Parse(bad)).Message,
                StringComparison.Ordinal);
        File.AppendAllText(folder["s-3.tar"], "more");
        using SampleSource changed = Dataset.Open(folder.Path);
        Assert.Contains("in another data set",
            Assert.Throws<InputException>(() => ShuffledSamples.Resume(changed, SamplePosition.Parse(saved))).Message,
            StringComparison.Ordinal);
    }

    private static SampleSource Shards(TemporaryFolder folder)
    {
        for (int shard = 0; shard < 6; shard++)
        {
            var tar = new TarBuilder();
            for (int i = 0; i < 5 + (3 * shard); i++) tar.Add($"{shard}-{i}.png", [1]).Add($"{shard}-{i}.txt", "x");
            folder.Write($"s-{shard}.tar", tar.ToArray());
        }

        return Dataset.Open(folder.Path);
    }

    private static string[] Drain(ShuffledSamples samples)
    {
        var keys = new List<string>();
        while (samples.Next() is { } entry) keys.Add(entry.Key);
        return [.. keys];
    }
}

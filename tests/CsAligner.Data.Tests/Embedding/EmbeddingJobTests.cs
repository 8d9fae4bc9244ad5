using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Files;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Embedding;
using CsAligner.Data.FeatureSets;
using CsAligner.Data.Images;
using CsAligner.Data.Tests.Datasets;
using CsAligner.Models;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Embedding;

public class EmbeddingJobTests
{
    private static readonly EmbeddingOptions s_options = new() { ShardRows = 10, MaxBad = new BadSampleLimit(0, 0) };

    [Fact]
    public void Rows_pairs_tokens_and_metadata_are_those_of_the_samples_in_order()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 23, captionsOfEach: 2);
        Embed(folder["set"], source, s_options with { Tokens = true, Type = ElementType.Float32 });

        FeatureSetInfo info = FeatureSet.Open(folder["set"]).Info!;
        Assert.Equal((23L, 46L, 8, 8), (info.ImageCount, info.TextCount, info.ImageWidth, info.TextWidth));
        Assert.Equal(3, FeatureSet.Open(folder["set"]).Shards(Modality.Image).Count);
        Assert.Equal(ElementType.Float32, Type(folder["set/img_emb/img_emb_2.npy"]));
        Assert.Equal(Enumerable.Range(0, 46).Select(text => (long)(text / 2)), Npy.ReadInt64(folder["set/pairs.npy"]));
        Tensor images = FeatureFile.ReadRows(folder["set"], Modality.Image);
        for (int i = 0; i < 23; i++)
        {
            // A picture of one colour: i, i + 1, i + 2 in turns.
            double[] row = [.. Enumerable.Range(0, 8).Select(c => 1.0 + i + (c % 3))];
            double norm = Math.Sqrt(row.Sum(v => v * v));
            for (int c = 0; c < 8; c++) Assert.Equal(row[c] / norm, images.Span[(i * 8) + c], 1e-6);
        }

        using TokenSet tokens = TokenSet.Open(folder["set"], Modality.Text);
        Assert.Equal(46, tokens.Count);
        Assert.Equal(Enumerable.Range(0, 23).Select(i => $"{i}.png text {i}.0|text {i}.1"),
            FeatureSet.Open(folder["set"]).ReadMetadata()
                .Select(row => $"{row["image_path"]} {string.Join('|', row["captions"]!.AsArray().Select(c => c!.GetValue<string>()))}"));
        Assert.False(Directory.Exists(folder["set/.embedding"]));
        Assert.False(File.Exists(folder[$"set/{BadSamples.LogFile}"]));
    }

    [Fact]
    public void The_bytes_are_the_same_whatever_the_threads_and_whoever_does_which_share()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 57, captionsOfEach: 3);
        Embed(folder["whole"], source, s_options with { DecodeThreads = 1 });
        Embed(folder["threads"], source, s_options with { DecodeThreads = 8 });
        Same(folder["whole"], folder["threads"]);
        for (int part = 3; part >= 1; part--)
        {
            EmbeddingJob job = Job(folder["shares"], source, s_options);
            Run(job, job.Share(part, 3));
        }

        EmbeddingJob last = Job(folder["shares"], source, s_options);
        last.Join();
        Same(folder["whole"], folder["shares"]);
    }

    [Fact]
    public void Shares_from_several_disks_are_put_together_by_copying_them()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 35, captionsOfEach: 1);
        Embed(folder["whole"], source, s_options);
        for (int part = 1; part <= 2; part++)
        {
            EmbeddingJob job = Job(folder[$"disk{part}"], source, s_options);
            Run(job, job.Share(part, 2));
            folder.CopyFrom(folder[$"disk{part}"], into: "all");
            if (part == 1)
                Assert.Contains("shards are not finished; the first is samples-000001",
                    Assert.Throws<InputException>(() => Job(folder["all"], source, s_options).Join()).Message, StringComparison.Ordinal);
        }

        Job(folder["all"], source, s_options).Join();
        Same(folder["whole"], folder["all"]);
    }

    [Fact]
    public void A_stopped_run_goes_on_behind_its_last_finished_shard_and_ends_with_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 45, captionsOfEach: 2);
        Embed(folder["whole"], source, s_options);
        using var stop = new CancellationTokenSource();
        EmbeddingJob job = Job(folder["cut"], source, s_options);
        Assert.Throws<OperationCanceledException>(() => job.Run(job.Shards, (done, _) =>
        {
            if (done > 25) stop.Cancel();
        }, null, stop.Token));
        Assert.False(File.Exists(folder["cut/features.json"]));

        // What a killed process would leave of the shard in progress.
        Directory.CreateDirectory(folder["cut/.embedding/samples-000002/img_emb"]);
        File.WriteAllText(folder["cut/.embedding/samples-000002/img_emb/img_emb_0.npy"], "torn");

        var encoder = new ByteEncoder();
        EmbeddingJob again = Job(folder["cut"], source, s_options, encoder);
        Run(again, again.Shards);
        again.Join();
        Assert.Equal((20L, 25), (again.Found, encoder.Images));
        Same(folder["whole"], folder["cut"]);
    }

    [Fact]
    public void A_set_that_was_half_put_together_is_finished()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 25, captionsOfEach: 2);
        Embed(folder["whole"], source, s_options with { Tokens = true });
        EmbeddingJob job = Job(folder["cut"], source, s_options with { Tokens = true });
        Run(job, job.Shards);
        Directory.CreateDirectory(folder["cut/img_emb"]);
        File.Move(folder["cut/.embedding/samples-000000/img_emb/img_emb_0.npy"], folder["cut/img_emb/img_emb_0.npy"]);
        Directory.CreateDirectory(folder["cut/text_tokens"]);
        File.Move(folder["cut/.embedding/samples-000001/text_tokens/text_lengths_0.npy"], folder["cut/text_tokens/text_lengths_1.npy"]);
        EmbeddingJob again = Job(folder["cut"], source, s_options with { Tokens = true }, new ByteEncoder());
        Run(again, again.Shards);
        again.Join();
        Same(folder["whole"], folder["cut"]);
    }

    [Fact]
    public void An_older_set_stays_whole_until_the_new_one_is_and_then_goes()
    {
        using var folder = new TemporaryFolder();
        using SampleSource many = Captioned(folder, 45, captionsOfEach: 2);
        Embed(folder["set"], many, s_options with { Tokens = true });
        using var few = Dataset.Open(folder["captions.tsv"]);
        File.WriteAllLines(folder["few.tsv"], ["0.png\tone", "1.png\ttwo"]);
        using SampleSource two = Dataset.Open(folder["few.tsv"]);
        EmbeddingJob job = Job(folder["set"], two, s_options);
        Run(job, job.Shards);
        Assert.Equal(45, FeatureFile.ReadRows(folder["set"], Modality.Image).Rows);
        job.Join();
        Assert.Equal(2, FeatureFile.ReadRows(folder["set"], Modality.Image).Rows);
        string[] files =
            [.. Directory.GetFiles(folder["set"], "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder["set"], f))
                .Order(StringComparer.Ordinal)];
        Assert.Equal(["features.json", "img_emb/img_emb_0.npy", "metadata/metadata_0.jsonl", "text_emb/text_emb_0.npy"], files);
    }

    [Fact]
    public void Unfinished_work_of_other_options_is_not_mixed_in()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 25, captionsOfEach: 1);
        EmbeddingJob job = Job(folder["set"], source, s_options);
        Run(job, job.Share(1, 2));
        EmbeddingJob other = Job(folder["set"], source, s_options with { Tokens = true, Type = ElementType.Float32 });
        string message = Assert.Throws<InputException>(() => Run(other, other.Shards)).Message;
        Assert.Contains("which differs in dtype, tokens;", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bad_samples_are_left_out_named_and_counted()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 40, captionsOfEach: 2);
        File.WriteAllText(folder["3.png"], "no picture");
        File.Delete(folder["17.png"]);
        File.WriteAllBytes(folder["25.png"], File.ReadAllBytes(folder["25.png"])[..40]);
        File.WriteAllBytes(folder["31.png"], Bomb());
        EmbeddingTotals totals = Embed(folder["set"], source, s_options with { MaxBad = new BadSampleLimit(4, 0) });
        Assert.Equal((40, 4, 36, 72), (totals.Samples, totals.Bad, totals.Images, totals.Texts));
        string[] log = File.ReadAllLines(folder[$"set/{BadSamples.LogFile}"]);
        Assert.Equal(["3.png", "17.png", "25.png", "31.png"], log.Select(line => line.Split('\t')[0]));
        Assert.Contains("neither PNG, JPEG nor WebP", log[0], StringComparison.Ordinal);
        Assert.Contains("line 35 names '17.png', but there is no such file", log[1], StringComparison.Ordinal);
        Assert.Contains("the limit is 268402689 in total", log[3], StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(0, 72).Select(text => (long)(text / 2)), Npy.ReadInt64(folder["set/pairs.npy"]));
        string[] kept = [.. FeatureSet.Open(folder["set"]).ReadMetadata().Select(row => row["image_path"]!.GetValue<string>())];
        Assert.Equal(Enumerable.Range(0, 40).Except([3, 17, 25, 31]).Select(i => $"{i}.png"), kept);

        // Texts alone, kept in step by the log.
        using SampleSource again = Dataset.Open(folder["captions.tsv"]);
        var texts = new EmbeddingJob(folder["texts"], new EmbeddingEncoders("bytes", "1", null, new ByteEncoder()), null, again,
            s_options with { MaxBad = new BadSampleLimit(4, 0), Skipped = log.Select(line => line.Split('\t')[0]).ToHashSet() });
        Run(texts, texts.Shards);
        texts.Join();
        Assert.Equal(File.ReadAllBytes(folder["set/pairs.npy"]), File.ReadAllBytes(folder["texts/pairs.npy"]));
        Assert.Equal(FeatureFile.ReadRows(folder["set"], Modality.Text).Span.ToArray(),
            FeatureFile.ReadRows(folder["texts"], Modality.Text).Span.ToArray());
    }

    [Fact]
    public void Too_many_bad_samples_stop_the_run_with_a_line_and_a_log()
    {
        using var folder = new TemporaryFolder();
        using SampleSource source = Captioned(folder, 30, captionsOfEach: 1);
        foreach (int i in (int[])[2, 5, 7]) File.WriteAllText(folder[$"{i}.png"], "no picture");
        string message =
            Assert.Throws<InputException>(() => Embed(folder["set"], source, s_options with { MaxBad = new BadSampleLimit(2, 0) })).Message;
        Assert.Contains("too many bad samples: 3 of 8 read, more than the 2 allowed", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Equal(3, File.ReadAllLines(folder[$"set/{BadSamples.LogFile}"]).Length);
        Assert.False(Directory.Exists(folder["set/.embedding"]));

        // A share of a small set is known at its end; the shards are kept, and allowing more takes no work.
        var share = s_options with { MaxBad = new BadSampleLimit(null, 0.05) };
        Assert.Contains("3 of 30 read, more than the 5% allowed",
            Assert.Throws<InputException>(() => Embed(folder["set"], source, share)).Message, StringComparison.Ordinal);
        var encoder = new ByteEncoder();
        EmbeddingJob again = Job(folder["set"], source, share with { MaxBad = new BadSampleLimit(null, 0.1) }, encoder);
        Run(again, again.Shards);
        Assert.Equal((3L, 0), (again.Join().Bad, encoder.Images));
    }

    [Fact]
    public void A_set_without_a_single_good_sample_is_an_error()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["captions.tsv"], ["a.png\tx", "b.png\ty"]);
        using SampleSource source = Dataset.Open(folder["captions.tsv"]);
        foreach (BadSampleLimit limit in (BadSampleLimit[])[new(null, 1), BadSampleLimit.Default])
        {
            string message =
                Assert.Throws<InputException>(() => Embed(folder["new/set"], source, s_options with { MaxBad = limit })).Message;
            Assert.Contains("no sample could be used: all 2 are bad, the first: cannot read", message, StringComparison.Ordinal);
            Assert.Contains("line 1 names 'a.png', but there is no such file", message, StringComparison.Ordinal);
            Assert.DoesNotContain(BadSamples.LogFile, message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["new"]));
        }
    }

    [Fact]
    public void What_was_in_the_folder_stays_where_nothing_could_be_embedded()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder["texts.txt"], ["one", "two"]);
        using (var texts = new TextSamples(folder["texts.txt"]))
        {
            var job = new EmbeddingJob(folder["set"], new EmbeddingEncoders("bytes", "1", null, new ByteEncoder()), null, texts, s_options);
            Run(job, job.Shards);
            job.Join();
        }

        string[] before = Directory.GetFileSystemEntries(folder["set"], "*", SearchOption.AllDirectories);
        File.WriteAllLines(folder["captions.tsv"], ["# only", "# comments"]);
        using SampleSource source = Dataset.Open(folder["captions.tsv"]);
        Assert.Contains("all 2 are bad",
            Assert.Throws<InputException>(() => Embed(folder["set"], source, s_options with { MaxBad = BadSampleLimit.Default })).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(folder["set"], "*", SearchOption.AllDirectories));
        Assert.Equal(2, FeatureFile.ReadRows(folder["set"], Modality.Text).Rows);
    }

    [Fact]
    public void Archives_without_a_sample_leave_nothing()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 3; i++) folder.Write($"{i}.tar", new byte[10240]);
        using SampleSource source = Dataset.Open(folder["{0..2}.tar"]);
        Assert.Contains("no sample could be used: there are none",
            Assert.Throws<InputException>(() => Embed(folder["set"], source, s_options)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["set"]));
    }

    [Theory]
    [InlineData("a\tb")]
    [InlineData("a\nb\r")]
    [InlineData("a\\b\\tc\\\\")]
    [InlineData("a\u0001\u007f\u0085b")]
    [InlineData(" a 'b\",")]
    [InlineData("?")]
    public void Names_of_bad_samples_are_read_back_from_the_log(string name)
    {
        using var folder = new TemporaryFolder();
        using (var bad = new BadSamples(new BadSampleLimit(9, 0), folder["log"], "log"))
        {
            bad.Add(name, "it is\tbad");
            bad.Add("caf\u00e9", "too");
        }

        Assert.Equal(2, File.ReadAllLines(folder["log"]).Length);
        IReadOnlySet<string> read = BadSamples.ReadLog(folder["log"]);
        Assert.Equal(2, read.Count);
        Assert.True(read.Contains(name) && read.Contains("cafe\u0301") && !read.Contains(name + "x"));
    }

    [Fact]
    public void Logs_of_older_versions_and_of_windows_are_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], "\uFEFFdir\\x.png\twhy\r\nb.png\twhy\r\n\r\n");
        Assert.Equal(["b.png", "dir\\x.png"], BadSamples.ReadLog(folder["log"]).Order(StringComparer.Ordinal));
        Assert.Contains("no such file", Assert.Throws<InputException>(() => BadSamples.ReadLog(folder["none"])).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\tb.png", "a\tb.png")]
    [InlineData("a\nb.png", "a\nb.png")]
    [InlineData("a\\tb.png", "a\\tb.png")]
    [InlineData("caf\u00e9.png", "cafe\u0301.png")]
    public void A_sample_is_skipped_whatever_its_name_holds(string first, string second)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "such names cannot be made");
        using var folder = new TemporaryFolder();
        string log = Bad(first, folder["one"]);
        using SampleSource source = List(second);
        var texts = new EmbeddingJob(folder["texts"], new EmbeddingEncoders("bytes", "1", null, new ByteEncoder()), null, source,
            s_options with { MaxBad = new BadSampleLimit(1, 0), Skipped = BadSamples.ReadLog(log) });
        Run(texts, texts.Shards);
        Assert.Equal((1, 1), (texts.Join().Bad, FeatureFile.ReadRows(folder["texts"], Modality.Text).Rows));

        string Bad(string name, string set)
        {
            using SampleSource all = List(name);
            var job = new EmbeddingJob(set, new EmbeddingEncoders("bytes", "1", null, new ByteEncoder()), null, all,
                s_options with { MaxBad = new BadSampleLimit(1, 0) });
            File.Delete(folder[name]);
            Run(job, job.Shards);
            job.Join();
            return Path.Combine(set, BadSamples.LogFile);
        }

        SampleSource List(string name)
        {
            folder.Write(name, [1]);
            folder.Write("good.png", [1]);
            File.WriteAllLines(folder["list.jsonl"],
                ((string[])[name, "good.png"]).Select(image =>
                    new System.Text.Json.Nodes.JsonObject { ["image"] = image, ["caption"] = "x" }.ToJsonString()));
            return Dataset.Open(folder["list.jsonl"]);
        }
    }

    [Fact]
    public void Tar_shards_become_shards_of_the_set_one_for_one()
    {
        using var folder = new TemporaryFolder();
        for (int shard = 0; shard < 3; shard++)
        {
            var tar = new TarBuilder();
            for (int i = 0; i < 4; i++) tar.Add($"{shard}{i}.png", Picture(i)).Add($"{shard}{i}.txt", $"text {i}");
            folder.Write($"s-{shard}.tar", tar.Add("bad.png", []).ToArray());
        }

        using SampleSource source = Dataset.Open(folder["s-{0..2}.tar"]);
        EmbeddingTotals totals = Embed(folder["set"], source, s_options with { MaxBad = new BadSampleLimit(3, 0) });
        Assert.Equal((15, 3, 12, false), (totals.Samples, totals.Bad, totals.Images, totals.HasPairs));
        Assert.Equal(3, FeatureSet.Open(folder["set"]).Shards(Modality.Image).Count);
        Assert.Equal(["s-0.tar", "s-1.tar", "s-2.tar"],
            FeatureSet.Open(folder["set"]).ReadMetadata().Select(row => row["source"]!.GetValue<string>()).Distinct());
        Assert.Equal("s-0.tar:bad", File.ReadAllLines(folder[$"set/{BadSamples.LogFile}"])[0].Split('\t')[0]);
    }

    [Fact]
    public void Images_and_texts_that_know_nothing_of_each_other_have_shards_of_their_own()
    {
        using var folder = new TemporaryFolder();
        using SampleSource unused = Captioned(folder, 25, captionsOfEach: 1);
        File.WriteAllLines(folder["texts.txt"], Enumerable.Range(0, 12).Select(i => $"text {i}"));
        using SampleSource images = Dataset.Open($"images:{folder.Path}"), texts = new TextSamples(folder["texts.txt"]);
        var encoder = new ByteEncoder();
        var job = new EmbeddingJob(folder["set"], new EmbeddingEncoders("bytes", "1", encoder, encoder), images, texts, s_options);
        Run(job, job.Shards);
        EmbeddingTotals totals = job.Join();
        Assert.Equal((25, 12), (totals.Images, totals.Texts));
        Assert.Equal((3, 2),
            (FeatureSet.Open(folder["set"]).Shards(Modality.Image).Count, FeatureSet.Open(folder["set"]).Shards(Modality.Text).Count));
        Assert.Equal(25, FeatureSet.Open(folder["set"]).ReadMetadata().Count());
        Assert.False(File.Exists(folder["set/pairs.npy"]));
    }

    private static SampleSource Captioned(TemporaryFolder folder, int count, int captionsOfEach)
    {
        for (int i = 0; i < count; i++) File.WriteAllBytes(folder[$"{i}.png"], Picture(i));
        File.WriteAllLines(folder["captions.tsv"],
            Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, captionsOfEach).Select(k => $"{i}.png\ttext {i}.{k}")));
        return Dataset.Open(folder["captions.tsv"]);
    }

    private static byte[] Picture(int i) => PngFile.Encode([.. Enumerable.Range(0, 48).Select(b => (byte)(i + (b % 3)))], 4, 4);

    // A PNG that says it has 30,000 x 30,000 pixels.
    internal static byte[] Bomb()
    {
        byte[] png = PngFile.Encode(new byte[48], 4, 4);
        png.AsSpan(16, 8).Clear();
        (png[18], png[19], png[22], png[23]) = (0x75, 0x30, 0x75, 0x30);
        uint crc = 0xFFFFFFFF;
        foreach (byte value in png.AsSpan(12, 17))
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(29), ~crc);
        return png;
    }

    private static EmbeddingJob Job(string folder, SampleSource source, EmbeddingOptions options, ByteEncoder? encoder = null)
    {
        encoder ??= new ByteEncoder();
        return new EmbeddingJob(folder, new EmbeddingEncoders("bytes", "1", encoder, encoder), source, source, options);
    }

    private static EmbeddingTotals Embed(string folder, SampleSource source, EmbeddingOptions options)
    {
        EmbeddingJob job = Job(folder, source, options);
        Run(job, job.Shards);
        return job.Join();
    }

    private static void Run(EmbeddingJob job, IReadOnlyList<EmbeddingShard> shards) =>
        job.Run(shards, cancellation: TestContext.Current.CancellationToken);

    private static ElementType Type(string path)
    {
        using NpyReader reader = NpyReader.Open(path);
        return reader.ElementType;
    }

    private static void Same(string expected, string actual)
    {
        string[] files = Files(expected);
        Assert.Equal(files, Files(actual));
        foreach (string file in files)
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, file)), File.ReadAllBytes(Path.Combine(actual, file)));

        static string[] Files(string folder) =>
            [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder, f))
                .Order(StringComparer.Ordinal)];
    }
}

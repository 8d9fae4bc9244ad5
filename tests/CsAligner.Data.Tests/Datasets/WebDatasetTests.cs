using System.IO.Compression;
using System.Text;
using CsAligner.Data.Datasets;
using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Datasets.WebDatasets;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Datasets;

public class WebDatasetTests
{
    private static readonly byte[] s_image = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    [Theory]
    [InlineData("0001.jpg", "0001", "jpg")]
    [InlineData("a/b.c/0001.seg.PNG", "a/b.c/0001", "seg.png")]
    [InlineData("./0001.txt", "./0001", "txt")]
    [InlineData("noending", "", "")]
    [InlineData("dir/.hidden.jpg", "", "")]
    [InlineData("dir/._0001.jpg", "", "")]
    public void A_key_goes_up_to_the_first_dot_of_the_base_name(string path, string key, string ending)
    {
        WebDatasetSamples.TrySplit(path, out string foundKey, out string foundEnding);
        Assert.Equal((key, ending), (foundKey, foundEnding));
    }

    [Theory]
    [InlineData("s-{000008..000011}.tar", "s-000008.tar s-000009.tar s-000010.tar s-000011.tar")]
    [InlineData("{2..0}", "2 1 0")]
    [InlineData("{08..10}", "08 09 10")]
    [InlineData("{a,b{1..2}}/x.tar", "a/x.tar b1/x.tar b2/x.tar")]
    [InlineData("{0..1}{0..1}", "00 01 10 11")]
    [InlineData("plain.tar", "plain.tar")]
    public void Braces_stand_for_what_a_shell_makes_of_them(string pattern, string names) =>
        Assert.Equal(names.Split(' '), BraceRange.Expand(pattern));

    [Theory]
    [InlineData("{0..", "not closed")]
    [InlineData("{0..99999999}", "more than 1000000 names")]
    [InlineData("{0..999}{0..999}{0..999}", "more than 1000000 names")]
    [InlineData("{x}", "neither a range")]
    public void Bad_braces_are_refused(string pattern, string expected) =>
        Assert.Contains(expected, Assert.Throws<InputException>(() => BraceRange.Expand(pattern)).Message, StringComparison.Ordinal);

    [Fact]
    public void Samples_are_neighbouring_members_of_one_key()
    {
        using var folder = new TemporaryFolder();
        string longName = new string('d', 120) + "/" + new string('n', 90);
        byte[] tar = new TarBuilder()
            .Add("folder/", [], '5')
            .Add("0001.jpg", s_image).Add("0001.txt", " a dog \n").Add("0001.json", "{}").Add("0001.cls", "7")
            .Add("0002.json", """{"caption": "a cat", "width": 3}""").Add("0002.webp", s_image)
            .Add("README", "no key")
            .LongName(longName + ".png").Add("cut", s_image).LongName(longName + ".json").Add("cut", """{"captions": ["one", "two"]}""")
            .Pax(("path", "größe/Ü.png"), ("mtime", "1.5")).Add("ascii.png", s_image).Pax(("path", "größe/Ü.txt"))
            .Add("ascii.txt", "ein Bild")
            .ToArray();
        using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar)]);
        Sample[] read = [.. samples.ReadAll().Select(entry => entry.Load(SampleParts.Image | SampleParts.Captions))];
        Assert.Equal(["0001", "0002", longName, "größe/Ü"], read.Select(s => s.Key));
        Assert.Equal(["a dog", "a cat", "one|two", "ein Bild"], read.Select(s => string.Join('|', s.Captions)));
        Assert.All(read, s => Assert.Equal(s_image, s.Image.ToArray()));
        Assert.Equal("a.tar", read[0].Shard);
        Assert.Equal((4, true), (samples.Count, samples.IsCountExact));
    }

    [Fact]
    public void Names_that_a_ustar_header_divides_are_put_together()
    {
        using var folder = new TemporaryFolder();
        using (var stream = File.Create(folder["a.tar"]))
        using (var writer = new System.Formats.Tar.TarWriter(stream, System.Formats.Tar.TarEntryFormat.Ustar))
        {
            string name = new string('d', 100) + "/" + new string('n', 60);
            foreach (string ending in (string[])[".png", ".txt"])
                writer.WriteEntry(
                    new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile,
                        name + ending)
                    { DataStream = new MemoryStream(s_image) });
        }

        using var samples = new WebDatasetSamples("x", [folder["a.tar"]]);
        Assert.Equal(new string('d', 100) + "/" + new string('n', 60), Assert.Single(samples.ReadAll()).Key);
    }

    [Fact]
    public void What_systems_leave_in_archives_is_passed_over_and_names_in_two_forms_are_one_key()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder()
            .Add(".DS_Store", "x").Add("Thumbs.db", "x").Add("desktop.ini", "x")
            .Add("./._0001.jpg", "mac").Add("./0001.jpg", s_image).Add("./._0001.txt", "mac").Add("./0001.txt", "one")
            .Add("__MACOSX/0002.jpg", "mac").Add(".hidden/0002.jpg", s_image)
            .Add("caf\u00e9.PNG", s_image).Add("cafe\u0301.txt", "two")
            .Add("0003.webp", s_image).Add("0003.json", [0xEF, 0xBB, 0xBF, .. "{\"captions\": [null, \"three\", \"\"], \"score\": NaN,}"u8])
            .ToArray();
        folder.Write("._a.TAR", [1, 2, 3]);
        folder.Write("a.TAR", tar);
        foreach (string name in (string[])[folder.Path, folder["a.TAR"], folder["*.TAR"]])
        {
            using SampleSource samples = Dataset.Open(name.Contains('*') ? $"tar:{name}" : name);
            Assert.Equal(["./0001 one", "caf\u00e9 two", "0003 three"], samples.ReadAll().Select(entry => $"{entry.Key} {Outcome(entry)}"));
        }
    }

    [Fact]
    public void An_archive_without_samples_is_an_error()
    {
        using var folder = new TemporaryFolder();
        foreach (byte[] tar in (byte[][])[new byte[10240],
            new TarBuilder().Add("README", "x").Add(".DS_Store", "x").Add("folder/", [], '5').ToArray()])
            Assert.Contains("a.tar': it has no samples",
                Assert.Throws<InputException>(() => Dataset.Open(folder.Write("a.tar", tar))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_bad_sample_is_named_with_its_reason_and_the_others_are_read()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder()
            .Add("good.png", s_image).Add("good.txt", "fine")
            .Add("/etc/passwd.png", s_image).Add("/etc/passwd.txt", "x")
            .Add("../up.png", s_image).Add("../up.txt", "x")
            .Add("link.png", [], '2', link: "/etc/passwd").Add("link.txt", "x")
            .Add("hard.png", [], '1', link: "good.png").Add("hard.txt", "x")
            .Add("device.png", [], '3').Add("device.txt", "x")
            .Add("twice.png", s_image).Add("twice.png", s_image).Add("twice.txt", "x")
            .Add("nocaption.png", s_image)
            .Add("noimage.txt", "x")
            .Add("empty.png", s_image).Add("empty.txt", " \n")
            .Add("latin.png", s_image).Add("latin.txt", [(byte)'c', 0xE9])
            .Add("json.png", s_image).Add("json.json", "{\"caption\": ")
            .Add("long.png", s_image).Add("long.txt", new byte[(1 << 20) + 1])
            .Add([(byte)'n', 0xFF, .. ".png"u8], s_image)
            .Add("good.png", s_image).Add("good.txt", "again")
            .Pax(("path", "pax.png"), ("size", "x")).Add("pax.png", s_image)
            .Add("PaxHeader", new byte[(1 << 16) + 1], 'x').Add("huge.png", s_image)
            .Add("last.png", s_image).Add("last.txt", "fine too")
            .ToArray();
        using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar)]);
        Dictionary<string, string> found = [];
        foreach (SampleEntry entry in samples.ReadAll()) found[found.ContainsKey(entry.Key) ? entry.Key + "*" : entry.Key] = Outcome(entry);
        Assert.Equal("fine", found["good"]);
        Assert.Equal("fine too", found["last"]);
        string[] expected =
        [
            "/etc/passwd|not a path inside", "../up|not a path inside", "link|symbolic link", "hard|hard link", "device|device",
            "twice|two members .png", "nocaption|no member .txt",
            "noimage|no member .jpg", "empty|no caption", "latin|not UTF-8", "json|not valid JSON", "long|the limit is 1048576",
            "n\uFFFD|not UTF-8", "good*|occurs earlier", "pax|damaged extended", "huge|extended header of 65537 bytes",
        ];
        foreach (string[] pair in expected.Select(e => e.Split('|'))) Assert.Contains(pair[1], found[pair[0]], StringComparison.Ordinal);
        Assert.Equal(expected.Length + 2, found.Count);
    }

    [Theory]
    [InlineData(1100)]
    [InlineData(2100)]
    [InlineData(2560)]
    [InlineData(2600)]
    public void What_stands_before_a_cut_is_read_and_the_cut_is_named(int length)
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder().Add("0001.png", s_image).Add("0001.txt", "one").Add("0002.png", new byte[3000])
            .Add("0002.txt", "two").ToArray();
        using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar.AsSpan(0, length))]);
        string[] found = [.. samples.ReadAll().Select(Outcome)];
        if (length >= 2100) Assert.Equal("one", found[0]);
        Assert.Contains($"is cut off at byte {length}", found[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_between_two_members_is_noticed_for_want_of_the_end()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder().Add("0001.png", s_image).Add("0001.txt", "one").Add("0002.png", s_image)
            .Add("0002.txt", "two").ToArray();
        Assert.Equal("one/is/", Read(2048));
        Assert.Equal("one/no/is/", Read(3072));
        Assert.Equal("one/two/is/", Read(4096));
        // A lone block of zeros is an end, as it is for tar.
        Assert.Equal("one/two/", Read(4096 + 512));
        Assert.Equal("one/two/", Read(tar.Length));

        // Wherever it is cut: either that is said, or nothing is missing.
        for (int length = 512; length < 4096; length++)
        {
            using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar.AsSpan(0, length))]);
            Assert.Contains($"at byte {length}", Outcome(samples.ReadAll().Last()), StringComparison.Ordinal);
        }

        string Read(int length)
        {
            using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar.AsSpan(0, length))]);
            return string.Concat(samples.ReadAll().Select(Outcome).Select(line =>
                line.Contains($"it ends at byte {length} without the zeros that close an archive", StringComparison.Ordinal) ? "is/"
                : line.Contains("it has no member .txt, .json", StringComparison.Ordinal) ? "no/"
                : $"{line}/"));
        }
    }

    [Fact]
    public void A_damaged_header_ends_the_shard_and_is_named()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder().Add("0001.png", s_image).Add("0001.txt", "one").Add("0002.png", s_image)
            .Add("0002.txt", "two").ToArray();
        tar[2048 + 130] ^= 1;
        using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar)]);
        string[] found = [.. samples.ReadAll().Select(Outcome)];
        Assert.Equal("one", found[0]);
        Assert.Contains("damaged at byte 2048", found[1], StringComparison.Ordinal);
        Assert.Equal(2, found.Length);
    }

    [Fact]
    public void Sizes_that_lead_nowhere_are_damage()
    {
        using var folder = new TemporaryFolder();
        // 8 GiB in base 256, of which nothing is there, and a negative size.
        foreach (byte first in (byte[])[0x80, 0xFF])
        {
            byte[] tar = new TarBuilder().Add("0001.png", s_image).ToArray();
            tar.AsSpan(124, 12).Fill(first == 0xFF ? (byte)0xFF : (byte)0);
            tar[124] = first;
            tar[131] = 2;
            tar.AsSpan(148, 8).Fill((byte)' ');
            Encoding.ASCII.GetBytes(Convert.ToString(tar.Take(512).Sum(b => (long)b), 8).PadLeft(6, '0')).CopyTo(tar, 148);
            tar[154] = 0;
            using var samples = new WebDatasetSamples("x", [folder.Write("a.tar", tar)]);
            Assert.Contains(Outcome(Assert.Single(samples.ReadAll())), s => s.Length > 0);
        }

        static IEnumerable<string> Outcome(SampleEntry entry)
        {
            yield return Assert.Throws<InputException>(() => entry.Load(SampleParts.Image)).Message;
        }
    }

    [Fact]
    public void Compressed_and_foreign_files_are_refused_unread()
    {
        using var folder = new TemporaryFolder();
        // Ten million zeros: a bomb, were it unpacked.
        using (var gzip = new GZipStream(File.Create(folder["bomb.tar"]), CompressionLevel.SmallestSize)) gzip.Write(new byte[10_000_000]);
        using (var zip = new ZipArchive(File.Create(folder["zip.tar"]), ZipArchiveMode.Create)) zip.CreateEntry("0001.png");
        folder.Write("text.tar", new byte[2000].Select(_ => (byte)'x').ToArray());
        folder.Write("empty.tar", []);
        Refused("bomb.tar", "compressed (gzip)");
        Refused("zip.tar", "zip archive");
        Refused("text.tar", "not a tar archive");
        Refused("empty.tar", "is empty");
        Assert.Contains("1 of 2 shards are missing", Assert.Throws<InputException>(() => Dataset.Open(folder["{bomb,none}.tar"])).Message,
            StringComparison.Ordinal);

        void Refused(string name, string expected) =>
            Assert.Contains(expected, Assert.Throws<InputException>(() => Dataset.Open(folder[name])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_damage_to_any_byte_ends_in_samples_or_a_line()
    {
        using var folder = new TemporaryFolder();
        byte[] tar = new TarBuilder().Pax(("path", "a/0001.png")).Add("x", s_image).LongName("a/0001.txt").Add("y", "one")
            .Add("0002.png", s_image).Add("0002.txt", "two").ToArray();
        var random = new RandomGenerator(5);
        for (int trial = 0; trial < 3000; trial++)
        {
            byte[] damaged = [.. tar];
            for (int hit = 0; hit <= random.Next(4); hit++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            // Some with sound sums again, so that what is behind them is reached.
            if (trial % 2 == 0) Mend(damaged);
            string path = folder.Write("a.tar", damaged.AsSpan(0, 1 + random.Next(damaged.Length)));
            try
            {
                using var samples = new WebDatasetSamples("x", [path]);
                foreach (SampleEntry entry in samples.ReadAll()) Outcome(entry);
            }
            catch (InputException)
            {
                // Refused as a whole.
            }
        }
    }

    [Fact]
    public void Folders_and_ranges_give_their_shards_in_order()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 12; i++)
            folder.Write($"s-{i:D2}.tar", new TarBuilder().Add($"{i}.png", s_image).Add($"{i}.txt", $"text {i}").ToArray());
        string[] all = [.. Enumerable.Range(0, 12).Select(i => $"{i}")];
        Assert.Equal(all, Dataset.Open(folder.Path).ReadAll().Select(e => e.Key));
        Assert.Equal(all[3..11], Dataset.Open(folder["s-{03..10}.tar"]).ReadAll().Select(e => e.Key));
        Assert.Equal(all[10..], Dataset.Open("tar:" + folder["s-1*.tar"]).ReadAll().Select(e => e.Key));
        Assert.Equal(all[5..6], Dataset.Open(folder["s-05.tar"]).ReadAll().Select(e => e.Key));
    }

    internal static string Outcome(SampleEntry entry)
    {
        try
        {
            return string.Join('|', entry.Load(SampleParts.Image | SampleParts.Captions).Captions);
        }
        catch (InputException failure)
        {
            return failure.Message;
        }
    }

    private static void Mend(byte[] tar)
    {
        for (int at = 0; at + 512 <= tar.Length; at += 512)
        {
            if (!tar.AsSpan(at + 257, 5).SequenceEqual("ustar"u8)) continue;
            tar.AsSpan(at + 148, 8).Fill((byte)' ');
            Encoding.ASCII.GetBytes(Convert.ToString(tar.Skip(at).Take(512).Sum(b => (long)b), 8).PadLeft(6, '0')).CopyTo(tar, at + 148);
            tar[at + 154] = 0;
        }
    }
}

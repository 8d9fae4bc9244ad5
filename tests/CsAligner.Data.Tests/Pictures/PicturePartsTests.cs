using CsAligner.Data.Datasets.Samples;
using CsAligner.Data.Pictures;

namespace CsAligner.Data.Tests.Pictures;

public class PicturePartsTests
{
    [Fact]
    public void Parts_have_their_shares_and_stay_what_they_are()
    {
        ILookup<PicturePart, int> parts = Enumerable.Range(0, 20_000).ToLookup(i => PictureParts.Of($"family {i}"));
        Assert.InRange(parts[PicturePart.Train].Count(), 13_800, 14_200);
        Assert.InRange(parts[PicturePart.Validation].Count(), 1_850, 2_150);
        Assert.InRange(parts[PicturePart.Test].Count(), 3_800, 4_200);

        // SHA-256 of "csaligner picture parts 1\n" and the name, by Python: int.from_bytes(hashlib.sha256(b).digest()[:8], "little").
        Assert.Equal(0x69565322E041B3F3UL, PictureParts.Hash("1f600"));
    }

    [Theory]
    // Woman, man and person, each tone of skin, hair and direction.
    [InlineData("👩🏽‍🔬", "👨‍🔬")]
    [InlineData("🧑‍🔬", "👨🏿‍🔬")]
    [InlineData("🏃‍♀️‍➡️", "🏃")]
    [InlineData("👨‍🦰", "👩‍🦱")]
    [InlineData("👦", "👧🏻")]
    [InlineData("👸", "🤴")]
    [InlineData("🕐", "🕧")]
    [InlineData("🔴", "⚪")]
    [InlineData("❤️", "💙")]
    [InlineData("1️⃣", "#️⃣")]
    [InlineData("🐱", "😺")]
    public void Near_identical_emoji_are_one_family(string one, string other) =>
        Assert.Equal(EmojiFamilies.Of(one), EmojiFamilies.Of(other));

    [Theory]
    [InlineData("👩‍🔬", "👩‍🚀")]
    [InlineData("😀", "😃")]
    [InlineData("♀️", "♂️")]
    [InlineData("🐱", "🐶")]
    [InlineData("👩", "👧")]
    public void Others_are_not(string one, string other) => Assert.NotEqual(EmojiFamilies.Of(one), EmojiFamilies.Of(other));

    [Fact]
    public void A_part_for_measuring_has_each_caption_once()
    {
        // Families whose part is test, by trying.
        string[] test = [.. Enumerable.Range(0, 1000).Select(i => $"f{i}").Where(f => PictureParts.Of(f) == PicturePart.Test).Take(3)];
        string train = Enumerable.Range(0, 1000).Select(i => $"f{i}").First(f => PictureParts.Of(f) == PicturePart.Train);
        var list = new Listed([
            new("a", test[0], ["cat", "pet", "grey"]), new("b", train, ["cat", "pet"]), new("c", test[1], ["dog", "pet", "cat"]),
            new("d", test[2], ["dog", "hound"])]);
        using var all = new PictureSamples("x", list, PicturePart.All, allCaptions: true);
        Assert.Equal(["a: cat|pet|grey", "b: cat|pet", "c: dog|pet|cat", "d: dog|hound"], Read(all));
        using var main = new PictureSamples("x", list, PicturePart.All, allCaptions: false);
        Assert.Equal(["a: cat", "b: cat", "c: dog", "d: dog"], Read(main));
        using var trained = new PictureSamples("x", list, PicturePart.Train, allCaptions: true);
        Assert.Equal(["b: cat|pet"], Read(trained));
        Assert.Equal("train", trained.Split);
        using var measured = new PictureSamples("x", list, PicturePart.Test, allCaptions: true);
        bool keepsC = PictureParts.Hash("c") < PictureParts.Hash("d");
        Assert.Equal(keepsC ? ["a: cat|grey", "c: dog"] : ["a: cat|pet|grey", "d: dog|hound"], Read(measured));
        Assert.Equal(4, new[] { all, main, trained, measured }.Select(samples => samples.Fingerprint).Distinct().Count());
    }

    private static string[] Read(SampleSource samples) =>
        [.. samples.ReadAll().Select(entry => $"{entry.Key}: {string.Join('|', entry.Load(SampleParts.Captions).Captions)}")];

    private sealed record Listed(IReadOnlyList<Picture> Pictures) : PictureList(Pictures)
    {
        public override string Fingerprint => "";

        public override Sample Read(Picture picture) => new(picture.Key);
    }
}

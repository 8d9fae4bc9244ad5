using CsAligner.Data.Icons;
using CsAligner.Tensors;

namespace CsAligner.Data.Tests.Icons;

public class SeenCaptionsTests
{
    [Fact]
    public void The_shipped_list_is_of_the_shipped_splits()
    {
        Assert.InRange(SeenCaptions.Default.Count, 50_000, 100_000);
        // Common names are in, unless they are held out; held-out names are not.
        var holdout = new NameHoldout(IconManifest.Default.NewNameSeed, IconManifest.Default.NewNameFraction);
        foreach (string caption in (string[])["arrow left", "bell", "cloud", "heart", "lock", "mail", "phone", "star", "sun", "trash",
            "user", "wallet"])
            Assert.NotEqual(holdout.IsHeldOut(caption), SeenCaptions.Default.Contains(caption));
        Assert.False(SeenCaptions.Default.Contains("a name that no icon has"));
    }

    [Fact]
    public void The_file_gives_back_what_was_written()
    {
        byte[] bytes = SeenCaptions.Default.ToBytes();
        SeenCaptions again = SeenCaptions.FromBytes(bytes);
        Assert.Equal(SeenCaptions.Default.Count, again.Count);
        Assert.Equal(bytes, again.ToBytes());
        Assert.Throws<InputException>(() => SeenCaptions.FromBytes(bytes.AsSpan(1)));
    }
}

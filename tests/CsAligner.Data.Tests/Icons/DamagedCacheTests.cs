using CsAligner.Data.Icons;
using CsAligner.Tensors;
using CsAligner.Testing;

namespace CsAligner.Data.Tests.Icons;

/// <summary>Lists and pictures in the cache that a disk has damaged: one line, and no memory for what they claim.</summary>
public class DamagedCacheTests
{
    [Fact]
    public void Any_changed_byte_of_a_list_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder["x.index"];
        new IconIndex(IconSplit.Alignment, [new("set", "name", "caption", ["other"], ["category"], false)], ["broken"], ["near"],
            1).Write(path);
        Assert.True(Refused(path, () => IconIndex.TryRead(path)) > 10);
    }

    [Fact]
    public void Any_changed_byte_of_pictures_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new BinaryWriter(File.Create(folder["x.pixels"])))
        {
            writer.Write(IconRasterFile.Magic);
            writer.Write(2);
            writer.Write(20L + 4);
            writer.Write([1, 2, 3, 4]);
            writer.Write(1);
            writer.Write("name");
            writer.Write((byte)1);
            writer.Write(0);
        }

        using (IconRasterFile? whole = IconRasterFile.TryOpen(folder["x.pixels"])) Assert.Equal(["name"], whole!.Names);
        Assert.True(Refused(folder["x.pixels"], () => IconRasterFile.TryOpen(folder["x.pixels"])?.Dispose()) > 10);
    }

    private static int Refused(string path, Action read)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int refused = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int at = 0; at < bytes.Length; at++)
        {
            foreach (byte value in (byte[])[0xFF, 0x7F, 0])
            {
                byte[] changed = [.. bytes];
                changed[at] = value;
                File.WriteAllBytes(path, changed);
                try
                {
                    read();
                }
                catch (InputException failure)
                {
                    refused++;
                    Assert.Contains(path, failure.Message, StringComparison.Ordinal);
                }
            }
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 64 << 20);
        return refused;
    }
}

using System.Text;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Data.Icons;

/// <summary>The list of a split's icons, as stored in the cache.</summary>
internal sealed record IconIndex(IconSplit Split, IReadOnlyList<IconIndex.Item> Items, IReadOnlyList<string> Broken,
    IReadOnlyList<string> DroppedNearDuplicates, int DroppedNewNames)
{
    private const ulong Magic = 0x31584449_43495343; // "CSICIDX1"

    /// <summary>One icon of the list.</summary>
    internal sealed record Item(string Set, string Name, string Caption, IReadOnlyList<string> Alternatives,
        IReadOnlyList<string> Categories, bool IsNewName);

    public static IconIndex? TryRead(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using var reader = new BinaryReader(new BufferedStream(File.OpenRead(path), 1 << 16), Encoding.UTF8);
            if (reader.ReadUInt64() != Magic)
                throw new InvalidDataException("it is not a list of icons");
            var split = (IconSplit)reader.ReadInt32();
            int newNames = reader.ReadInt32();
            string[] broken = ReadList(reader), near = ReadList(reader);
            var items = new Item[ReadCount(reader)];
            for (int i = 0; i < items.Length; i++)
                items[i] = new Item(string.Intern(reader.ReadString()), reader.ReadString(), reader.ReadString(), ReadList(reader),
                    ReadList(reader), reader.ReadBoolean());
            return new IconIndex(split, items, broken, near, newNames);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException or FormatException)
        {
            throw new InputException(
                $"cannot read the list of icons {path}: {e.Message.TrimEnd('.')}; remove the file and run the command again", e);
        }
    }

    public void Write(string path) => AtomicFile.Write(path, stream =>
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write((int)Split);
        writer.Write(DroppedNewNames);
        WriteList(writer, Broken);
        WriteList(writer, DroppedNearDuplicates);
        writer.Write(Items.Count);
        foreach (Item item in Items)
        {
            writer.Write(item.Set);
            writer.Write(item.Name);
            writer.Write(item.Caption);
            WriteList(writer, item.Alternatives);
            WriteList(writer, item.Categories);
            writer.Write(item.IsNewName);
        }
    });

    // Whatever is counted takes a byte or more.
    private static int ReadCount(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= reader.BaseStream.Length
            ? count
            : throw new InvalidDataException($"it states {count} entries in {reader.BaseStream.Length} bytes");
    }

    private static string[] ReadList(BinaryReader reader)
    {
        int count = ReadCount(reader);
        if (count == 0)
            return [];
        var list = new string[count];
        for (int i = 0; i < count; i++)
            list[i] = reader.ReadString();
        return list;
    }

    private static void WriteList(BinaryWriter writer, IReadOnlyList<string> list)
    {
        writer.Write(list.Count);
        foreach (string text in list)
            writer.Write(text);
    }
}

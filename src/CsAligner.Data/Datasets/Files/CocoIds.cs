using System.Globalization;
using System.Text;
using CsAligner.Data.Disk;

namespace CsAligner.Data.Datasets.Files;

/// <summary>
/// Ids of images as tools write them. Whole numbers stand for themselves, whether written 5, 5.0 or "5"; all others, texts mostly, are
/// numbered from the lowest number on, 21 bytes and their texts in memory.
/// </summary>
internal sealed class CocoIds
{
    private const long FirstText = long.MinValue;
    private const long FirstNumber = FirstText + int.MaxValue;

    private readonly TextStore _texts = new();
    private readonly HashIndex _slots = new();

    /// <summary>The number of the id at the reader's position; null if there is none.</summary>
    public long? Read(JsonFile json) =>
        json.Number is { } number ? number >= FirstNumber ? number : Number(number.ToString(CultureInfo.InvariantCulture))
        : json.Text is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long written)
            && written >= FirstNumber && written.ToString(CultureInfo.InvariantCulture) == text ? written
        : (json.Text ?? json.OtherNumber) is { Length: > 0 } other ? Number(other)
        : null;

    /// <summary>An id as written.</summary>
    public string NameOf(long id) => id < FirstNumber ? _texts[(int)(id - FirstText)] : id.ToString(CultureInfo.InvariantCulture);

    private long Number(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int hash = HashIndex.HashOf(bytes), steps = 0, found;
        do found = _slots.Next(hash, ref steps);
        while (found >= 0 && !_texts.Bytes(found).SequenceEqual(bytes));
        if (found < 0)
        {
            found = _texts.Add(text);
            _slots.Add(hash, found);
        }

        return FirstText + found;
    }
}

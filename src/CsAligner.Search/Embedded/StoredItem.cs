using CsAligner.Search.Items;

namespace CsAligner.Search.Embedded;

/// <summary>An item as the database has it: its vector lies elsewhere.</summary>
/// <param name="Slot">Where.</param>
/// <param name="Checksum">That of the vector.</param>
/// <param name="Record">The rest.</param>
internal readonly record struct StoredItem(int Slot, long Checksum, ItemRecord Record);

use crate::{ImagingError, Size};

/// Which voxels touch: sharing a face (6), also an edge (18), also a corner (26).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connectivity {
    Faces,
    Edges,
    Corners,
}

impl Connectivity {
    /// From the number of neighbours of an inner voxel: 6, 18 or 26.
    pub fn parse(neighbours: f64) -> Result<Self, ImagingError> {
        if neighbours == 6.0 {
            Ok(Self::Faces)
        } else if neighbours == 18.0 {
            Ok(Self::Edges)
        } else if neighbours == 26.0 {
            Ok(Self::Corners)
        } else {
            Err(ImagingError::Parameter {
                what: "connectivity",
                expected: "6, 18 or 26",
                got: neighbours.to_string(),
            })
        }
    }

    /// Offsets to the touching voxels that a scan with x fastest has already visited.
    fn visited_offsets(self) -> Vec<[isize; 3]> {
        let most = match self {
            Self::Faces => 1,
            Self::Edges => 2,
            Self::Corners => 3,
        };
        let mut offsets = Vec::with_capacity(13);
        for z in -1..=0_isize {
            for y in -1..=1_isize {
                for x in -1..=1_isize {
                    let steps = x.abs() + y.abs() + z.abs();
                    if (z, y, x) < (0, 0, 0) && steps <= most {
                        offsets.push([x, y, z]);
                    }
                }
            }
        }
        offsets
    }
}

/// The connected parts of a mask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Components {
    /// One label per voxel: 0 outside the mask, 1.. inside, numbered by first appearance with x fastest.
    pub labels: Vec<i32>,
    /// `sizes[i]` is the number of voxels with label i + 1.
    pub sizes: Vec<i32>,
}

/// Labels the connected parts of the voxels that are not 0, as `scipy.ndimage.label` does.
pub fn connected_components(
    mask: &[u8],
    size: Size,
    connectivity: Connectivity,
) -> Result<Components, ImagingError> {
    size.check_length("mask", mask.len(), 1)?;
    let offsets = connectivity.visited_offsets();
    let mut labels = vec![0_i32; mask.len()];
    let mut parents = Parents::default();
    let mut voxel = 0;
    for z in 0..size.z {
        for y in 0..size.y {
            for x in 0..size.x {
                if mask[voxel] != 0 {
                    labels[voxel] = join_visited(&labels, size, [x, y, z], &offsets, &mut parents);
                }
                voxel += 1;
            }
        }
    }
    let (renumbered, count) = parents.renumber();
    let mut sizes = vec![0_i32; count];
    for label in labels.iter_mut().filter(|label| **label > 0) {
        *label = renumbered[*label as usize];
        sizes[*label as usize - 1] += 1;
    }
    Ok(Components { labels, sizes })
}

/// The provisional label of a mask voxel; parts that meet here become one.
fn join_visited(
    labels: &[i32],
    size: Size,
    [x, y, z]: [usize; 3],
    offsets: &[[isize; 3]],
    parents: &mut Parents,
) -> i32 {
    let mut found = 0;
    for &[dx, dy, dz] in offsets {
        let near = [(x, dx, size.x), (y, dy, size.y), (z, dz, size.z)]
            .map(|(at, step, length)| at.checked_add_signed(step).filter(|&i| i < length));
        let [Some(x), Some(y), Some(z)] = near else { continue };
        let label = labels[(z * size.y + y) * size.x + x];
        if label != 0 && label != found {
            found = if found == 0 { label } else { parents.join(found, label) };
        }
    }
    if found == 0 { parents.add() } else { found }
}

/// Union-find over provisional labels; the root of a set is its smallest label.
struct Parents(Vec<i32>);

impl Default for Parents {
    fn default() -> Self {
        Self(vec![0])
    }
}

impl Parents {
    fn add(&mut self) -> i32 {
        let label = self.0.len() as i32;
        self.0.push(label);
        label
    }

    fn root(&mut self, mut label: i32) -> i32 {
        while self.0[label as usize] != label {
            let parent = self.0[label as usize];
            self.0[label as usize] = self.0[parent as usize];
            label = parent;
        }
        label
    }

    fn join(&mut self, a: i32, b: i32) -> i32 {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.0[high as usize] = low;
        low
    }

    /// Final label of each provisional one, and the number of final labels.
    fn renumber(&self) -> (Vec<i32>, usize) {
        let mut last = 0;
        let mut renumbered = vec![0; self.0.len()];
        for label in 1..self.0.len() {
            let parent = self.0[label] as usize;
            // A parent is never larger than its child, so it already has its final label.
            renumbered[label] = if parent == label {
                last += 1;
                last
            } else {
                renumbered[parent]
            };
        }
        (renumbered, last as usize)
    }
}
